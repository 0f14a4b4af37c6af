### Что менеджер читает за своим столом.

## Время, размеры

moment-yesterday = вчера { $time }
moment-today = сегодня { $time }
moment-tomorrow = завтра { $time }
moment-date = { $date } { $time }
duration-moment = меньше минуты
duration-minutes = { $minutes } мин
duration-hours = { $hours } ч
duration-days = { $days ->
    [one] { $days } день
    [few] { $days } дня
   *[other] { $days } дней
}
size-b = { $n } Б
size-kb = { $n } КБ
size-mb = { $n } МБ
size-gb = { $n } ГБ

## Каналы; без строки здесь канал называется своим именем

channel-web_form = Форма на сайте
channel-telegram = Telegram
channel-telegram_business = Telegram, свой аккаунт
channel-whatsapp = WhatsApp
channel-messenger = Messenger
channel-instagram = Instagram
channel-vk = VK
channel-max = MAX
channel-viber = Viber
channel-line = LINE
channel-twilio = Twilio

## Карточка

state-waiting = На смене никого нет
state-assigned = Для: { $manager }
state-active = В работе: { $manager }
state-won = Сделка
state-lost = Отказ
state-spam = Спам
state-by = { $state } · { $manager }
reason-price = дорого
reason-not_now = не сейчас
reason-competitor = выбрали других
reason-no_answer = перестали отвечать
reason-not_ours = не наш профиль
card-unnamed = Без имени
card-waiting-since = ждёт ответа · { $moment }
card-answered = ответ дан
card-first-touch = Впервые: { $from }
card-last-touch = В последний раз: { $from }
card-ad = Реклама: { $ad }
card-start-link = Ссылка: { $payload }
card-came-by = пришли с { $referrer }
card-more-fields = { $count ->
    [one] и ещё { $count } поле ниже
    [few] и ещё { $count } поля ниже
   *[other] и ещё { $count } полей ниже
}
card-continued = продолжение ниже ↓
card-matches = { $count ->
    [one] Подходит ещё { $count } контакт; этот был активен последним.
    [few] Подходят ещё { $count } контакта; этот был активен последним.
   *[other] Подходят ещё { $count } контактов; этот был активен последним.
}
card-replies-to = Ответы уходят: { $where }
card-call = Отсюда ответить нельзя. Позвоните: { $phone }
card-write = Отсюда ответить нельзя. Напишите: { $email }
card-no-answer = Ответить некуда: нет ни чата, ни телефона, ни почты.
card-blocked = Клиент заблокировал нас: { $where }.
card-window-closed = { $where }: ответить можно, только когда клиент снова напишет.
card-history = Что уже было
card-history-left-out = { $count ->
    [one] пропущено { $count } старое сообщение
    [few] пропущено { $count } старых сообщения
   *[other] пропущено { $count } старых сообщений
}
who-customer = Клиент
who-us = Мы
who-note = Заметка
whoever = кто-то

## Кнопки

button-take = Взять
button-hand-over = Передать
button-remind = Напомнить
button-note = Заметка
button-close = Закрыть
button-reopen = Открыть снова
button-back = Назад
button-open = Открыть
button-open-lead = Открыть #{ $lead }
button-via = Отвечать: { $where }
button-done = Готово
button-try-again = Повторить
button-won = Сделка
button-lost = Отказ…
button-spam = Спам
button-no-reason = Без причины
button-30m = 30 минут
button-1h = 1 час
button-3h = 3 часа
button-plus-1h = +1 ч
button-9am = Завтра 9:00
button-previous = Назад
button-next = Дальше
button-copy-link = Скопировать ссылку
menu-hand-over = Кому передать?
menu-remind = Когда напомнить?
menu-close = Чем закончилось?
menu-lost = Почему отказ?
menu-nobody = Пока больше никого нет. Пригласите коллегу: /invite

## Что пишут и делают клиенты

customer-via = через { $where }
card-opened = открыт чат
customer-unsupported = ⚠️ Сообщение такого вида, какой здесь не показать ({ $kind }). Попросите клиента сказать словами.
answered-elsewhere = ответили не отсюда
customer-empty = (сообщение без видимого текста)
customer-edited = { $name }: сообщение изменено
customer-edited-was = Было
customer-edited-now = Стало
customer-deleted = { $name }: это сообщение удалено.
customer-deleted-some = { $name }: одно из сообщений удалено.
customer-blocked = { $name }: мы заблокированы. Ответы не дойдут, пока клиент не напишет снова.
customer-unblocked = { $name }: снова можно писать.
customer-reaction = { $name }: реакция { $emoji }
customer-form = Пришла ещё одна форма
kind-photo = Фото
kind-video = Видео
kind-voice = Голосовое сообщение
kind-audio = Аудио
kind-file = Файл
kind-sticker = Стикер
kind-location = Место на карте
kind-contact = Контакт
file-missing = Не удалось показать: { $file }. Причина: { $why }
file-too-big = слишком велик для Telegram, предел 50 МБ. Попросите у клиента ссылку.
file-timeout = загрузка заняла слишком много времени. Попросите прислать ещё раз.
file-failed = не удалось загрузить. Попросите прислать ещё раз.
file-refused = Telegram его не принял. Попросите прислать в другом формате.
contact-own = собственный номер

## Судьба ответа

failed-title = Не доставлено: { $name }
failed-retry = Сервис слишком долго просил подождать. Повторите через несколько минут.
failed-unavailable = Сервис слишком долго не отвечал. Повторите через несколько минут.
failed-window_closed = Время для ответа вышло: сначала должен написать клиент. Позвоните или дождитесь сообщения.
failed-blocked = Клиент заблокировал нас. Позвоните или напишите по другому каналу.
failed-too_long = Для этого канала сообщение слишком длинное. Сократите его и отправьте снова.
failed-bad_media = Файл не принят. Отправьте его в другом формате или меньшего размера.
failed-misconfigured = Наш доступ к каналу не работает. Сообщите тому, кто ведёт Frontdesk, и повторите.
failed-permanent = Сервис отказал. Измените сообщение или напишите по другому каналу.
failed-detail = Ответ сервиса: { $detail }

## Напоминания

reminder-first-answer = { $name }: ждут первого ответа
reminder-first-answer-head = { $name }: без ответа уже { $duration }
reminder-manual = Напоминание: { $name }
reminder-waiting-since = Ждёт ответа { $duration }, с сообщения: { $moment }
reminder-whose = Лид у менеджера: { $manager }.
reminder-nobody = Лид пока ничей.
reminder-late = С опозданием: срок был { $moment }, но тогда Frontdesk не мог напомнить.
reminder-set = Напомню { $due_at }: { $text }
reminder-set-plain = Напомню { $due_at }
reminder-done = Готово
reminder-snoozed = Напомню снова { $due_at }
remind-usage = Скажите, когда и о чём: /remind 2ч перезвонить, или /remind завтра 10:00 счёт
remind-not-understood = Не понимаю, когда. Попробуйте так: /remind 2ч перезвонить, или /remind завтра 10:00 счёт
remind-where = Непонятно, о каком лиде речь. Напишите это в его теме или назовите номер: /remind 12 2ч перезвонить

## Куда уходят лиды

moved = { $lead } { $name }: теперь лид у менеджера { $to }.
moved-by = { $lead } { $name }: теперь лид у менеджера { $to }; передал(а) { $by }.
moved-waiting = { $lead } { $name }: лид ждёт того, кто выйдет на смену.
unrouted = Новый лид, а на смене никого нет
unrouted-how = Возьмите его, передайте или попросите кого-нибудь отправить /on
taken = Лид ваш
handed-over = Теперь лид у менеджера { $manager }
noted = Записано; видит только команда
note-how = Начните сообщение здесь с //, и оно останется у команды
closed-won = Сделка. Отличная работа!
closed-lost = Закрыт как отказ
closed-spam = Отмечен как спам
reopened = Снова открыт
via-chosen = Теперь ответы уходят: { $where }
trying-again = Отправляю ещё раз

## Списки

leads-title = Ваши открытые лиды
leads-title-all = Все открытые лиды
leads-waiting = Пока ничьи
leads-none = Открытых лидов нет. Самое время для кофе.
leads-page = Страница { $page }
line-unanswered = ждёт { $duration }
found-title = Найдено: «{ $words }»
found-none = Ничего не найдено: «{ $words }». Попробуйте имя, телефон, почту или номер лида.
find-usage = Скажите, что искать: /find Анна, или /find +371 2000
lead-usage = Скажите, какой лид: /lead 12
lead-not-found = Лида #{ $lead } нет. Открытые показывает /leads.

## Кто приходит и уходит

stranger = Здравствуйте! Это рабочее место команды, оно открыто только для своих. Если вы из команды, попросите ссылку-приглашение.
welcome = Добро пожаловать, { $name }! Новые лиды приходят сюда; пишите в теме лида, и клиент это прочтёт. Остальное подскажет /help.
welcome-owner = Добро пожаловать, { $name }! Теперь всё здесь ваше. Пригласите команду через /invite, а если хотите получать лиды сами, отправьте /on. Остальное подскажет /help.
welcome-head = Добро пожаловать, { $name }! Вы узнаете, если никто не отвечает. Если хотите получать лиды сами, отправьте /on. Остальное подскажет /help.
welcome-back = С возвращением, { $name }. Открытые лиды показывает /leads.
invite = Отправьте эту ссылку одному человеку. Она сработает один раз, в течение 7 дней.
invite-role = Роль в команде: { $role }.
refused-invite = Приглашение уже использовано или устарело. Попросите новое.
refused-invite-role = Приглашать могут только владелец и руководители. Попросите ссылку у них.
invite-usage = Скажите, для кого: /invite или /invite head
role-manager = менеджер
role-head = руководитель
role-owner = владелец
shift-on = Вы на смене: новые лиды придут к вам.
shift-off = Смена окончена: новых лидов не будет, пока вы не отправите /on. Открытые остаются у вас.

## Что не получится

not-a-lead = Непонятно, какому клиенту это отправить. Пишите в теме лида или отвечайте на его карточку; лиды показывает /leads.
not-sendable = Такое сообщение клиенту не отправить. Можно текст, фото, файлы, голос и видео.
unknown-command = Такой команды нет. Все команды показывает /help.
event-parked = ⚠️ То, что прислал клиент, не удалось принять, и оно ждёт: `frontdesk parked show { $id }` покажет, `frontdesk parked replay { $id }` попробует снова.
went-wrong = У нас что-то сломалось; ничего не потеряно, и мы разберёмся. Попробуйте ещё раз через минуту.

refused-no-lead = Лида #{ $lead } нет. Открытые показывает /leads.
refused-not-yours = Этот лид у менеджера { $manager }. Сначала возьмите его или попросите коллегу.
refused-not-yours-without-manager = Это может сделать только автор.
refused-closed = Этот лид закрыт. Сначала нажмите «Открыть снова» на его карточке.
refused-nobody-on-shift = Больше никого нет на смене. Выберите коллегу по имени или попросите кого-нибудь отправить /on
refused-no-manager = Этого коллеги больше нет в команде. Выберите другого.
refused-already-theirs = Этот лид уже у менеджера { $manager }.
refused-another-open = У этого клиента уже есть другой открытый лид. Продолжайте там; его покажет /find.
refused-empty = Отправлять нечего: напишите что-нибудь или добавьте файл.
refused-no-way = Не отправлено: отсюда этому клиенту не ответить. Позвоните: { $phone }
refused-no-way-without-phone = Не отправлено: отсюда этому клиенту не ответить. Напишите: { $email }
refused-no-way-without-phone-without-email = Не отправлено: клиент не оставил ни чата, ни телефона, ни почты.
refused-blocked = Не отправлено: клиент заблокировал нас ({ $channel }). Позвоните или напишите по другому каналу.
refused-window = Не отправлено: { $channel } примет ответ, только когда клиент снова напишет. Позвоните или дождитесь сообщения.
refused-media = Не отправлено: этот канал такого не принимает ({ $kind }). Отправьте файлом или напишите словами.
refused-no-edits = Отправленное туда уже не изменить. Отправьте новое сообщение.
refused-edit-note = Это уже ушло клиенту и заметкой стать не может. Отправьте заметку отдельным сообщением.
refused-edit-parts = Для одного сообщения это слишком длинно, поэтому изменить его нельзя. Отправьте новое отдельно.
refused-not-failed = Это сообщение дошло или уже отправляется снова.
refused-past = Это время уже прошло. Назовите более позднее, например: /remind завтра 10:00 счёт
refused-no-reminder = Это напоминание уже отработано. Поставьте новое: /remind
edit-failed = Ваша правка не дошла до клиента. { $code } Ответ сервиса: { $detail }
edit-failed-without-detail = Ваша правка не дошла до клиента. { $code }
reply-late = Ещё не отправлено: у нас что-то раз за разом не срабатывает ({ $detail }). Попытки продолжатся три дня; если не выйдет, вы об этом узнаете.
source-stopped = ⛔ { $channel } ({ $source }) нас не пускает: { $why }. Ответы туда ждут и уйдут сами. Поправьте доступ: `frontdesk check` скажет, что не так, `frontdesk source rotate { $source } --set …` задаст новый токен.
source-mended = ✅ { $channel } ({ $source }) снова нас пускает. То, что ждало, уходит.
reply-held = Ещё не отправлено: канал не пускает нас ({ $detail }). Владелец об этом знает; ваше сообщение уйдёт само, когда доступ поправят.
unsent = ⚠️ Не дошло до клиента: { $list }. Автор об этом знает и может попробовать снова; `frontdesk outbox list` покажет всё, что так ждёт, `frontdesk outbox retry --all` отправит.
manager-unreachable = { $name }: бот не может написать. Нужно открыть его и нажать «Старт». До тех пор лиды стоят; передайте их или позовите коллегу: { $name }.

## Справка

help-title = Как здесь всё устроено
help-answering =
    Пишите в теме лида или отвечайте на его карточку: клиент это прочтёт. Фото, файлы, голос и правки тоже дойдут.
    Начните с //, и заметка останется только у команды.
help-states = Реакция на вашем сообщении показывает его судьбу: { $queued } в пути · { $sent } отправлено · { $delivered } доставлено · { $read } прочитано · { $failed } не ушло, и я объясню почему.
help-commands-title = Команды
help-commands =
    /leads – ваши открытые лиды
    /lead 12 – один лид
    /find слова – по имени, телефону, почте или тексту
    /remind 2ч перезвонить – в теме лида
    /ask Какой цвет? | Белый | Дуб – дать клиенту выбрать
    /unsend – в ответ на своё сообщение: отозвать его
    /on, /off – начать и закончить смену
    /invite – ссылка для нового коллеги
command-leads = Мои открытые лиды
command-lead = Лид по номеру
command-find = Найти лид
command-remind = Напомнить об этом лиде
command-on = Начать смену
command-off = Закончить смену
command-invite = Пригласить коллегу
command-help = Как здесь всё устроено
