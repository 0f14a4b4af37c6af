# Командная строка и запуск: для того, кто запускает Frontdesk.

settings-database-url = напишите sqlite://ПУТЬ, postgres://… или postgresql://…
settings-token = это не токен бота: @BotFather печатает их так: 123456789:буквы
settings-url = напишите адрес целиком, например https://desk.example.org
settings-timezone = возьмите имя из базы часовых поясов, например Europe/Vilnius
settings-language = напишите en или ru
settings-country = напишите две буквы, например LT
settings-rates = напишите пары ИМЯ=ЧИСЛО с числами больше нуля, например bot=30,chat=1, или off
settings-proxies = перечислите адреса или сети через запятую, например 127.0.0.1,10.0.0.0/8
settings-metrics-token = Задан FRONTDESK_PUBLIC_URL, поэтому нужен и FRONTDESK_METRICS_TOKEN: без него /metrics был бы открыт всем. Подойдёт любой длинный случайный текст.
settings-secret = FRONTDESK_DATABASE_URL указывает на PostgreSQL, поэтому нужен и FRONTDESK_SECRET: им шифруются сохранённые доступы, он общий для всех процессов. Новый напечатает `frontdesk secret`.

run-no-token =
    FRONTDESK_DESK_TOKEN не задан, поэтому менеджерам писать некуда.
    1. Откройте @BotFather в Telegram, отправьте /newbot и скопируйте токен.
    2. Впишите FRONTDESK_DESK_TOKEN=<токен> в файл .env рядом с программой.
    3. Запустите снова.
    Посмотреть всё в деле без токена: make demo
run-listening = Слушаю { $url }
run-desk-ready = Рабочее место менеджеров: @{ $username }.
run-owner-link = У этого рабочего места ещё нет владельца. Им станет тот, кто первым откроет ссылку (действует 24 часа): { $link }
owner-name = Владелец
run-desk-wrong-token = Telegram не принимает FRONTDESK_DESK_TOKEN. Заявки принимаются и хранятся; менеджеры увидят их, когда токен будет верным. Скопируйте его заново у @BotFather.
run-desk-unreachable = Bot API Telegram недоступен ({ $why }). Заявки принимаются и хранятся; пробую снова.
run-roles = Нет такой роли: { $roles }. Роли: web, work, desk и clock.
run-cannot-listen = На { $host }:{ $port } слушать не получается: { $why }. Остановите того, кто занял этот адрес, или задайте другие FRONTDESK_HOST и FRONTDESK_PORT.
run-bye = Остановлено. Что не успело уйти, уйдёт при следующем запуске.

check-ok = ✓ { $what }
check-bad = ✗ { $what }
check-note = – { $what }
check-database = База данных отвечает: { $url }
check-desk = Бот менеджеров: @{ $username }
check-no-token = FRONTDESK_DESK_TOKEN не задан: создайте бота у @BotFather и впишите токен в .env
check-desk-refused = Telegram не принимает FRONTDESK_DESK_TOKEN: скопируйте его заново у @BotFather
check-desk-away = Bot API Telegram недоступен: { $why }
check-no-owner = Владельца ещё нет: запустите `frontdesk run` и откройте напечатанную ссылку или задайте FRONTDESK_OWNER_ID
check-managers = { $count ->
    [one] { $count } человек за рабочим местом, на смене: { $shift }
    [few] { $count } человека за рабочим местом, на смене: { $shift }
   *[other] { $count } человек за рабочим местом, на смене: { $shift }
 }
check-unreachable = Не получается написать { $name }: бот заблокирован или ни разу не запущен. Попросите открыть бота и нажать «Старт»
check-no-sources = Ни один источник ещё не открыт: `frontdesk source add web_form` откроет первый
check-source = Источник { $key } ({ $channel }) отвечает{ $who ->
    [none] { "" }
   *[other] : { $who }
 }
check-source-stopped = Источник { $key } ({ $channel }) стоит: сервис нас не пускает ({ $why }). Когда пустит, всё, что ждёт, уйдёт само.
check-source-unreachable = Источник { $key } ({ $channel }) узнаёт о новостях только вебхуком: задайте FRONTDESK_PUBLIC_URL — адрес, по которому вас видно из интернета
check-webhook = Источник { $key } ({ $channel }): сервис присылает новости сюда
check-webhook-mended = Источник { $key } ({ $channel }): сервису сообщён наш адрес, теперь он присылает новости сюда
check-webhook-bad = Источник { $key } ({ $channel }): сервис присылает новости не сюда ({ $why }). `frontdesk check --repair` зарегистрирует там { $url }
check-webhook-by-hand = Источник { $key } ({ $channel }): сервис присылает новости не сюда ({ $why }). Вставьте у сервиса { $url }
check-source-bad = Источник { $key } ({ $channel }) не отвечает: { $why }
check-source-unsigned = Источник { $key } ({ $channel }) без подписи: писать в него может каждый, кто знает адрес
check-parked = { $count ->
    [one] Отложено { $count } событие: причину покажет `frontdesk parked list`
    [few] Отложено { $count } события: причины покажет `frontdesk parked list`
   *[other] Отложено { $count } событий: причины покажет `frontdesk parked list`
 }
check-unsent = { $count ->
    [one] Не отправлено { $count } сообщение: причину покажет `frontdesk outbox list`
    [few] Не отправлено { $count } сообщения: причины покажет `frontdesk outbox list`
   *[other] Не отправлено { $count } сообщений: причины покажет `frontdesk outbox list`
 }
check-fit = Можно работать.
check-unfit = Работать пока нельзя: смотрите строки с ✗.

already-running = С этим файлом SQLite уже работает другой `frontdesk run`. Сначала остановите его или перейдите на PostgreSQL, чтобы запускать несколько.
store-away = База данных недоступна: { $why }

source-added = Источник { $key } открыт. Вставьте этот адрес у поставщика:
source-polled = Источник { $key } открыт; он сам спрашивает новости, вставлять ничего не нужно.
source-local = Этот адрес работает только на этой машине. Задайте в FRONTDESK_PUBLIC_URL адрес, по которому вас видно из интернета.
source-none = Ни один источник ещё не открыт. Откройте первый: `frontdesk source add web_form`.
source-unknown = Нет открытого источника { $key }. Список: `frontdesk source list`.
source-exists = Источник { $key } уже есть. Выберите другой ключ или сначала удалите его.
source-no-channel = Нет канала { $channel }. Есть: { $channels }
source-bad-setting = { $problem }. Настройка пишется как --set ИМЯ=ЗНАЧЕНИЕ.
source-settings = Источнику { $channel } можно задать (--set ИМЯ=ЗНАЧЕНИЕ):
source-must = нужно
source-may = можно
source-paste = Сервис спросит и это:
source-needs = { $fields ->
    [none] У источника { $channel } нет такой настройки.
   *[other] Источнику { $channel } нужно: { $fields }. Где это взять, скажет `frontdesk source about { $channel }`.
}
source-bad-key = В ключе от 1 до 64 латинских букв, цифр, - или _.
source-desk-token = Это токен рабочего места менеджеров. Клиентам нужен свой бот: создайте второй у @BotFather.
source-rotated = У источника { $key } новые настройки. Старый секрет действует до { $until }.
source-removed = Источник { $key } закрыт. Всё, что через него пришло, остаётся.
bad-date = { $value } — не дата. Пишите так: 2026-12-31 или 2026-12-31T18:00.

manager-added = { $name } теперь за рабочим местом, роль: { $role }. Пусть один раз откроет бота и нажмёт «Старт».
manager-removed = { $id } больше не за рабочим местом. Открытые заявки ждут кого-то другого.
manager-unknown = За рабочим местом нет никого с Telegram id { $id }. Список: `frontdesk manager list`.
manager-none = За рабочим местом пока никого. Добавьте: `frontdesk manager add TELEGRAM_ID --name ИМЯ`.
manager-exists = { $id } уже за рабочим местом.
manager-list-on = на смене
manager-list-off = не на смене
manager-list-unreachable = написать не получается

parked-none = Ничего не отложено.
parked-unknown = Нет отложенного события { $id }.
parked-replayed = { $count ->
    [one] Снова в пути: { $count } событие.
    [few] Снова в пути: { $count } события.
   *[other] Снова в пути: { $count } событий.
 }
parked-still = Событие { $id } по-прежнему не читается: { $why }
outbox-none = Неотправленного нет.
outbox-unknown = Нет неотправленного сообщения { $id }.
outbox-retried = { $count ->
    [one] Снова в пути: { $count } сообщение.
    [few] Снова в пути: { $count } сообщения.
   *[other] Снова в пути: { $count } сообщений.
 }
give-id-or-all = Назовите номер или скажите --all.
lead-unknown = Нет заявки { $id }.

verify-yes = Все обещания выполнены.
verify-no = Есть нарушенные обещания, см. выше.
verify-broken = ✗ { $what }: { $ids }
verify-stuck-inbox = События, которые ждут дольше десяти минут
verify-stuck-outbox = Сообщения, которые ждут дольше десяти минут
verify-order-inbox = События, обработанные раньше предыдущего в своей беседе
verify-order-outbox = Сообщения, отправленные раньше предыдущего в своей беседе
verify-ends-inbox = События с недописанным исходом
verify-ends-outbox = Сообщения с недописанным исходом
verify-vanished-inbox = События, которые не показаны и не отложены
verify-unshown = Лиды, которых менеджер так и не увидел
verify-two-open = Контакты с двумя открытыми лидами
verify-fired-twice = Лиды, напоминание по которым сработало дважды
verify-unfired = Напоминания, просроченные на десять минут

copy-itself = Это та самая база, которая сейчас в работе. Назовите другую, например --to postgresql://user:password@host/frontdesk.
copy-running = С одной из двух баз работает служба. Сначала остановите каждый `frontdesk run`: то, что она запишет тем временем, пропало бы. Ничего не скопировано.
copy-not-empty = База { $url } не пуста: в её таблице { $table } есть строки. Копии нужна пустая база; там ничего не изменено.
copy-differs = Таблица { $table } в базе { $url } вышла другой. Там ничего не оставлено, база в работе прежняя. Попробуйте ещё раз и проверьте диск и память обеих машин.
copy-cut = Остановлено до конца: база { $url } пуста, как и была, база в работе не изменилась. Скажите ещё раз, чтобы скопировать всё.
copy-done = Строк: { $rows }, таблиц: { $tables }. Всё теперь в { $url } и сверено с прочитанным.
copy-broken = Эти обещания были нарушены и раньше: копия точная.
copy-next =
    Чтобы продолжить оттуда:
    – Укажите в FRONTDESK_DATABASE_URL тот же адрес ({ $url }).
copy-secret-stays = – Оставьте FRONTDESK_SECRET прежним: он открывает учётные данные и там.
copy-secret-file = – Запишите в FRONTDESK_SECRET содержимое файла { $file }: этот ключ открывает учётные данные и там, без него они потеряны.
copy-files-stay = – Файлы клиентов оставьте на месте, в { $folder }.
copy-files = – Скопируйте папку { $folder } в { $new }: это файлы клиентов.
copy-then = – Скажите `frontdesk check` и запускайте. Прежнюю базу храните, пока не убедитесь; она не изменилась.

demo-ready =
    Frontdesk работает вместе с площадкой для проб.

      Откройте   { $url }

    Слева клиенты, справа Telegram менеджеров. Пишите за одних, отвечайте за других.
    Пример утра начнётся сам. Ctrl+C завершает; ничего не сохраняется.
demo-port = Порт { $port } занят, беру { $free }.
