### What a manager reads at the desk.

## Times, sizes

moment-yesterday = yesterday { $time }
moment-today = today { $time }
moment-tomorrow = tomorrow { $time }
moment-date = { $date } { $time }
duration-moment = less than a minute
duration-minutes = { $minutes } min
duration-hours = { $hours } h
duration-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
size-b = { $n } B
size-kb = { $n } KB
size-mb = { $n } MB
size-gb = { $n } GB

## Channels; one without a line here is called by its own name

channel-web_form = Web form
channel-telegram = Telegram
channel-telegram_business = Telegram, own account
channel-whatsapp = WhatsApp
channel-messenger = Messenger
channel-instagram = Instagram
channel-vk = VK
channel-max = MAX
channel-viber = Viber
channel-line = LINE
channel-twilio = Twilio

## The card

state-waiting = Nobody is on shift yet
state-assigned = For { $manager }
state-active = { $manager } is on it
state-won = Won
state-lost = Lost
state-spam = Spam
state-by = { $state } · { $manager }
reason-price = too expensive
reason-not_now = not now
reason-competitor = went to a competitor
reason-no_answer = stopped answering
reason-not_ours = not what we do
card-unnamed = No name
card-waiting-since = waiting since { $moment }
card-answered = answered
card-first-touch = First came from { $from }
card-last-touch = Last came from { $from }
card-ad = Ad: { $ad }
card-start-link = Start link: { $payload }
card-came-by = came from { $referrer }
card-more-fields = { $count ->
    [one] and { $count } more field below
   *[other] and { $count } more fields below
}
card-continued = continued below ↓
card-matches = { $count ->
    [one] { $count } other contact matches too; this one was active last.
   *[other] { $count } other contacts match too; this one was active last.
}
card-replies-to = Replies go to { $where }
card-call = Cannot be answered from here. Call { $phone }
card-write = Cannot be answered from here. Write to { $email }
card-no-answer = Cannot be answered: no chat, phone or e-mail was left.
card-blocked = The customer has shut us out in { $where }.
card-window-closed = { $where } is closed for replies until the customer writes again.
card-history = So far
card-history-left-out = { $count ->
    [one] { $count } older message is left out
   *[other] { $count } older messages are left out
}
who-customer = Customer
who-us = We
who-note = Note
whoever = somebody

## Buttons

button-take = Take
button-hand-over = Hand over
button-remind = Remind
button-note = Note
button-close = Close
button-reopen = Reopen
button-back = Back
button-open = Open
button-open-lead = Open #{ $lead }
button-via = Reply via { $where }
button-done = Done
button-try-again = Try again
button-won = Won
button-lost = Lost…
button-spam = Spam
button-no-reason = No reason
button-30m = 30 min
button-1h = 1 hour
button-3h = 3 hours
button-plus-1h = +1 h
button-9am = Tomorrow 9:00
button-previous = Previous
button-next = Next
button-copy-link = Copy link
menu-hand-over = Hand over to whom?
menu-remind = Remind when?
menu-close = How did it end?
menu-lost = Why was it lost?
menu-nobody = There is nobody else yet. Invite somebody with /invite

## What customers write and do

customer-via = via { $where }
card-opened = opened the chat
customer-unsupported = ⚠️ A message of a kind that cannot be shown here ({ $kind }). Ask the customer to put it into words.
answered-elsewhere = answered outside the desk
customer-empty = (a message without visible text)
customer-edited = { $name } changed a message
customer-edited-was = Before
customer-edited-now = Now
customer-deleted = { $name } deleted this message.
customer-deleted-some = { $name } deleted a message.
customer-blocked = { $name } has blocked us. Replies will not arrive until they write again.
customer-unblocked = { $name } can be written to again.
customer-reaction = { $name } reacted with { $emoji }
customer-form = Another form was sent
kind-photo = Photo
kind-video = Video
kind-voice = Voice message
kind-audio = Audio
kind-file = File
kind-sticker = Sticker
kind-location = Location
kind-contact = Contact
file-missing = { $file } could not be shown: { $why }
file-too-big = too big for Telegram, which takes 50 MB at most. Ask the customer for a link.
file-timeout = fetching it took too long. Ask the customer to send it again.
file-failed = it could not be fetched. Ask the customer to send it again.
file-refused = Telegram did not take it. Ask the customer to send it in another format.
contact-own = their own number

## A reply's fate

failed-title = Not delivered to { $name }
failed-retry = The service asked us to slow down for too long. Try again in a few minutes.
failed-unavailable = The service did not answer for too long. Try again in a few minutes.
failed-window_closed = The time for answering is over: the customer has to write first. Call, or wait for a message.
failed-blocked = The customer has blocked us. Use the phone or another channel.
failed-too_long = The message is too long for this channel. Shorten it and send it again.
failed-bad_media = This file was not accepted. Send it in another format, or smaller.
failed-misconfigured = Our access to this channel does not work. Tell whoever runs Frontdesk, then try again.
failed-permanent = The service refused it. Change the message, or use another channel.
failed-detail = The service said: { $detail }

## Reminders

reminder-first-answer = { $name } is waiting for a first answer
reminder-first-answer-head = { $name } has had no answer for { $duration }
reminder-manual = Reminder: { $name }
reminder-waiting-since = Waiting since { $moment } ({ $duration })
reminder-whose = { $manager } has this lead.
reminder-nobody = Nobody has this lead yet.
reminder-late = Late: this was due { $moment }, and Frontdesk could not say it then.
reminder-set = I will remind you { $due_at }: { $text }
reminder-set-plain = I will remind you { $due_at }
reminder-done = Done
reminder-snoozed = I will remind you again { $due_at }
remind-usage = Say when and what about: /remind 2h call back, or /remind tomorrow 10:00 invoice
remind-not-understood = I did not understand the time. Try: /remind 2h call back, or /remind tomorrow 10:00 invoice
remind-where = I cannot tell which lead this is about. Write it in the lead’s thread, or name the lead: /remind 12 2h call back

## Leads on the move

moved = { $lead } { $name } is with { $to } now.
moved-by = { $lead } { $name } is with { $to } now; { $by } handed it over.
moved-waiting = { $lead } { $name } is waiting for somebody on shift.
unrouted = Nobody is on shift for a new lead
unrouted-how = Take it, hand it over, or ask somebody to say /on
taken = You have it
handed-over = Handed over to { $manager }
noted = Noted; only the desk sees it
note-how = Write a message here that starts with // and it stays at the desk
closed-won = Won. Well done!
closed-lost = Closed as lost
closed-spam = Marked as spam
reopened = Open again
via-chosen = Replies go to { $where } now
trying-again = Trying again

## Lists

leads-title = Your open leads
leads-title-all = All open leads
leads-waiting = Nobody has these yet
leads-none = No open leads. A good moment for a coffee.
leads-page = Page { $page }
line-unanswered = waiting for { $duration }
found-title = Found for “{ $words }”
found-none = Nothing found for “{ $words }”. Try a name, a phone, an e-mail or a lead’s number.
find-usage = Say what to look for: /find Anna, or /find +371 2000
lead-usage = Say which lead: /lead 12
lead-not-found = There is no lead #{ $lead }. /leads shows the open ones.

## Coming and going

stranger = Hello! This is the desk of a team and it is open to its members only. If you belong to it, ask for an invitation link.
welcome = Welcome, { $name }! New leads come to you here; write in a lead’s thread and the customer reads it. /help tells the rest.
welcome-owner = Welcome, { $name }! This desk is yours now. Invite your team with /invite, and say /on if you want leads yourself. /help tells the rest.
welcome-head = Welcome, { $name }! You are told when nobody answers. Say /on if you want leads yourself. /help tells the rest.
welcome-back = Good to see you, { $name }. /leads shows what is open.
invite = Send this link to one person. It works once, for 7 days.
invite-role = They will join as { $role }.
refused-invite = This invitation was used already or is over. Ask for a new one.
refused-invite-role = Only the owner and heads can invite. Ask one of them for a link.
invite-usage = Say for whom: /invite, or /invite head
role-manager = manager
role-head = head
role-owner = owner
shift-on = You are on shift: new leads come to you.
shift-off = You are off shift: no new leads until you say /on. Your open ones stay with you.

## What cannot be done

not-a-lead = I cannot tell which customer this is for. Write in the lead’s thread, or reply to its card; /leads shows them.
not-sendable = This kind of message cannot be sent to a customer. Text, photos, files, voice and video can.
unknown-command = I do not know this command. /help shows what there is.
event-parked = ⚠️ Something that a customer sent could not be taken in and waits: `frontdesk parked show { $id }` shows it, `frontdesk parked replay { $id }` tries again.
went-wrong = Something went wrong on our side; nothing is lost and it will be looked at. Try once more in a minute.

refused-no-lead = There is no lead #{ $lead }. /leads shows the open ones.
refused-not-yours = This lead is with { $manager }. Take it first, or ask them.
refused-not-yours-without-manager = Only its author can do that.
refused-closed = This lead is closed. Press Reopen on its card first.
refused-nobody-on-shift = Nobody else is on shift now. Choose somebody by name, or ask a colleague to say /on
refused-no-manager = This colleague is no longer at the desk. Choose another one.
refused-already-theirs = { $manager } has this lead already.
refused-another-open = This customer has another open lead by now. Go on there; /find shows it.
refused-empty = There is nothing to send: write some words or add a file.
refused-no-way = Not sent: this customer cannot be answered from here. Call { $phone }
refused-no-way-without-phone = Not sent: this customer cannot be answered from here. Write to { $email }
refused-no-way-without-phone-without-email = Not sent: this customer left no chat, phone or e-mail.
refused-blocked = Not sent: the customer has blocked us in { $channel }. Call, or use another channel.
refused-window = Not sent: { $channel } is closed for replies until the customer writes again. Call, or wait for a message.
refused-media = Not sent: this channel does not take such a message ({ $kind }). Send a file, or put it into words.
refused-no-edits = What was sent there cannot be changed. Send a new message instead.
refused-edit-note = This went to the customer already and cannot become a note. Send the note as a message of its own.
refused-edit-parts = This is too long for one message, so it cannot be changed. Send what is new as another message.
refused-not-failed = This message did not fail, or is on its way again.
refused-past = That time is over. Name a later one, such as: /remind tomorrow 10:00 invoice
refused-no-reminder = This reminder is over already. Set a new one with /remind
edit-failed = Your change did not reach the customer. { $code } The service said: { $detail }
edit-failed-without-detail = Your change did not reach the customer. { $code }
reply-late = Not sent yet: something on our side keeps failing ({ $detail }). It is tried again for three days, and you are told if it does not go.
source-stopped = ⛔ { $channel } ({ $source }) refuses us: { $why }. Replies there wait and will go out by themselves. Mend its access: `frontdesk check` says what is wrong, `frontdesk source rotate { $source } --set …` gives a new token.
source-mended = ✅ { $channel } ({ $source }) takes us again. What waited is going out.
reply-held = Not sent yet: the channel refuses our access ({ $detail }). The owner has been told; your message goes out by itself once that is mended.
unsent = ⚠️ Did not reach the customer: { $list }. Whoever wrote it was told and can try again; `frontdesk outbox list` shows everything that waits like that, `frontdesk outbox retry --all` sends it.
manager-unreachable = { $name } cannot be reached: they have to open this bot and press Start. Until then their leads stand still; hand them over, or ask { $name } to come back.

## Help

help-title = How the desk works
help-answering =
    Write in a lead’s thread, or reply to its card: the customer reads it. Photos, files, voice and later edits go too.
    Start with // for a note that never leaves the desk.
help-states = Your message’s reaction tells how it goes: { $queued } on its way · { $sent } sent · { $delivered } delivered · { $read } read · { $failed } failed, and I say why.
help-commands-title = Commands
help-commands =
    /leads – your open leads
    /lead 12 – one lead
    /find words – by name, phone, e-mail or text
    /remind 2h call back – in a lead’s thread
    /ask Which colour? | White | Oak – let the customer choose
    /unsend – in reply to your message: take it back
    /on, /off – start and end your shift
    /invite – a link for a new colleague
command-leads = My open leads
command-lead = One lead by its number
command-find = Find a lead
command-remind = Remind me about this lead
command-on = Start my shift
command-off = End my shift
command-invite = Invite a colleague
command-help = How the desk works
