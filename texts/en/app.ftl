# The command line and the start: said to whoever runs Frontdesk.

settings-database-url = use sqlite://PATH, postgres://… or postgresql://…
settings-token = this is no bot token: @BotFather prints them as 123456789:letters
settings-url = write the whole address, as in https://desk.example.org
settings-timezone = use a name of the time zone database, as in Europe/Vilnius
settings-language = use en or ru
settings-country = use two letters, as in LT
settings-rates = write NAME=NUMBER pairs with numbers above zero, as in bot=30,chat=1, or off
settings-proxies = write addresses or networks with commas between them, as in 127.0.0.1,10.0.0.0/8
settings-metrics-token = FRONTDESK_PUBLIC_URL is set, so FRONTDESK_METRICS_TOKEN is needed too: without it /metrics would be open to everybody. Set it to any long random text.
settings-secret = FRONTDESK_DATABASE_URL names PostgreSQL, so FRONTDESK_SECRET is needed too: it encrypts stored credentials, and all processes share it. `frontdesk secret` prints a new one.

run-no-token =
    FRONTDESK_DESK_TOKEN is not set, so managers cannot be reached.
    1. Open @BotFather in Telegram, send /newbot, and copy the token.
    2. Put FRONTDESK_DESK_TOKEN=<token> into .env beside this program.
    3. Start again.
    To see everything work without a token: make demo
run-listening = Listening on { $url }
run-desk-ready = The managers' desk is @{ $username }.
run-owner-link = Nobody owns this desk yet. Whoever opens this link first becomes its owner (valid for 24 hours): { $link }
owner-name = Owner
run-desk-wrong-token = Telegram refuses FRONTDESK_DESK_TOKEN. Leads are taken and kept; managers see them once the token is right. Copy it anew from @BotFather.
run-desk-unreachable = Telegram's Bot API cannot be reached ({ $why }). Leads are taken and kept; trying again.
run-roles = No such role: { $roles }. The roles are web, work, desk and clock.
run-cannot-listen = { $host }:{ $port } cannot be listened on: { $why }. Stop whatever listens there, or set FRONTDESK_HOST and FRONTDESK_PORT to something else.
run-bye = Stopped. Whatever was not sent yet goes out at the next start.

check-ok = ✓ { $what }
check-bad = ✗ { $what }
check-note = – { $what }
check-database = The database answers: { $url }
check-desk = The managers' bot is @{ $username }
check-no-token = FRONTDESK_DESK_TOKEN is not set: create a bot with @BotFather and put its token into .env
check-desk-refused = Telegram refuses FRONTDESK_DESK_TOKEN: copy it anew from @BotFather
check-desk-away = Telegram's Bot API cannot be reached: { $why }
check-no-owner = Nobody owns the desk yet: start `frontdesk run` and open the link that it prints, or set FRONTDESK_OWNER_ID
check-managers = { $count ->
    [one] One person works the desk, { $shift } on shift
   *[other] { $count } people work the desk, { $shift } on shift
 }
check-unreachable = { $name } cannot be written to: the bot is blocked, or was never started. Ask them to open the bot and press Start
check-no-sources = No source is open yet: `frontdesk source add web_form` opens one
check-source = Source { $key } ({ $channel }) answers{ $who ->
    [none] { "" }
   *[other] : { $who }
 }
check-source-stopped = Source { $key } ({ $channel }) stands still: the vendor refused us ({ $why }). Once it takes us again, what waits goes out by itself.
check-source-unreachable = Source { $key } ({ $channel }) gets its news by webhook only: set FRONTDESK_PUBLIC_URL to how the internet reaches you
check-webhook = Source { $key } ({ $channel }): the vendor pushes here
check-webhook-mended = Source { $key } ({ $channel }): the vendor was told to push here, and does now
check-webhook-bad = Source { $key } ({ $channel }): the vendor does not push here ({ $why }). `frontdesk check --repair` registers { $url } there
check-webhook-by-hand = Source { $key } ({ $channel }): the vendor does not push here ({ $why }). Paste { $url } at the vendor
check-source-bad = Source { $key } ({ $channel }) does not answer: { $why }
check-source-unsigned = Source { $key } ({ $channel }) is not signed: whoever knows its address can post to it
check-parked = { $count ->
    [one] One event is parked: `frontdesk parked list` shows why
   *[other] { $count } events are parked: `frontdesk parked list` shows why
 }
check-unsent = { $count ->
    [one] One message was given up: `frontdesk outbox list` shows why
   *[other] { $count } messages were given up: `frontdesk outbox list` shows why
 }
check-fit = Fit to run.
check-unfit = Not fit to run yet: see the lines with ✗.

already-running = Another `frontdesk run` is working on this SQLite file. Stop it first, or move to PostgreSQL to run several.
store-away = The database cannot be reached: { $why }

source-added = Source { $key } is open. Paste this address at the vendor:
source-polled = Source { $key } is open; it asks the vendor for news by itself, so there is nothing to paste.
source-local = This address works on this machine only. Set FRONTDESK_PUBLIC_URL to how the internet reaches you.
source-none = No source is open yet. `frontdesk source add web_form` opens one.
source-unknown = There is no open source { $key }. `frontdesk source list` shows them.
source-exists = There is a source { $key } already. Choose another key, or remove it first.
source-no-channel = There is no channel { $channel }. There are: { $channels }
source-bad-setting = { $problem }. A setting is written as --set NAME=VALUE.
source-settings = A { $channel } source takes these settings (--set NAME=VALUE):
source-must = needed
source-may = may be
source-paste = The vendor asks for this as well:
source-needs = { $fields ->
    [none] There is no such setting of a { $channel } source.
   *[other] A { $channel } source needs { $fields }. `frontdesk source about { $channel }` tells where they are found.
}
source-bad-key = A key has 1 to 64 letters, digits, - or _.
source-desk-token = This token belongs to the managers' desk. Customers need a bot of their own: make a second one with @BotFather.
source-rotated = Source { $key } has new settings. The old secret is good until { $until }.
source-removed = Source { $key } is closed. What it brought stays.
bad-date = { $value } is no date. Write it as 2026-12-31, or 2026-12-31T18:00.

manager-added = { $name } works the desk now, as { $role }. They should open the bot once and press Start.
manager-removed = { $id } does not work the desk any more. Their open leads wait for somebody else.
manager-unknown = Nobody with the Telegram id { $id } works the desk. `frontdesk manager list` shows who does.
manager-none = Nobody works the desk yet. `frontdesk manager add TELEGRAM_ID --name NAME` adds somebody.
manager-exists = { $id } works the desk already.
manager-list-on = on shift
manager-list-off = off shift
manager-list-unreachable = cannot be written to

parked-none = Nothing is parked.
parked-unknown = There is no parked event { $id }.
parked-replayed = { $count ->
    [one] One event is on its way again.
   *[other] { $count } events are on their way again.
 }
parked-still = Event { $id } still cannot be read: { $why }
outbox-none = Nothing was given up.
outbox-unknown = There is no given-up message { $id }.
outbox-retried = { $count ->
    [one] One message is on its way again.
   *[other] { $count } messages are on their way again.
 }
give-id-or-all = Name an id, or say --all.
lead-unknown = There is no lead { $id }.

verify-yes = Every promise holds.
verify-no = Promises are broken: see above.
verify-broken = ✗ { $what }: { $ids }
verify-stuck-inbox = Events still waiting after ten minutes
verify-stuck-outbox = Messages still waiting after ten minutes
verify-order-inbox = Events handled before an earlier one of their conversation
verify-order-outbox = Messages sent before an earlier one of their conversation
verify-ends-inbox = Events whose end is half written
verify-ends-outbox = Messages whose end is half written
verify-vanished-inbox = Events that were neither shown nor parked
verify-unshown = Leads that their manager was never shown
verify-two-open = Contacts with two open leads
verify-fired-twice = Leads with a reminder that fired twice
verify-unfired = Reminders overdue by ten minutes

copy-itself = This is the database that is in use. Name another one, as in --to postgresql://user:password@host/frontdesk.
copy-running = A service is at work on one of the two databases. Stop every `frontdesk run` first: what it writes meanwhile would be lost. Nothing was copied.
copy-not-empty = { $url } is not empty: there are rows in its table { $table }. A copy needs an empty database; nothing was changed there.
copy-differs = The table { $table } came out differently at { $url }. Nothing was kept there; the database in use is as it was. Try again, and check the disk and the memory of both machines.
copy-cut = Stopped before the end: { $url } is as empty as it was, and the database in use was not changed. Say it again to copy everything.
copy-done = { $rows } rows in { $tables } tables are in { $url } now, each compared with what was read.
copy-broken = These promises were broken before: the copy is exact.
copy-next =
    To go on from there:
    – Set FRONTDESK_DATABASE_URL to the address that you gave ({ $url }).
copy-secret-stays = – Keep FRONTDESK_SECRET as it is: it opens the credentials there too.
copy-secret-file = – Set FRONTDESK_SECRET to what stands in { $file }: it opens the credentials there too, and without it they are lost.
copy-files-stay = – Leave customers' files where they are, in { $folder }.
copy-files = – Copy the folder { $folder } to { $new }: these are customers' files.
copy-then = – Say `frontdesk check`, then start. Keep the former database until you are sure; it was not changed.

demo-ready =
    Frontdesk is running with a playground.

      Open   { $url }

    Left: customers. Right: the managers' Telegram. Write as one, answer as the other.
    The sample morning starts by itself. Ctrl+C ends it; nothing is kept.
demo-port = Port { $port } is taken, using { $free } instead.
