### What a manager reads about a reply: until when it may go, what else is possible, how it fared.

## The reply window

card-window = Reply window: until { $until }
card-window-left = Reply window: until { $until }, { $hours ->
    [0] less than an hour left
   *[other] { $hours } h left
}
card-window-late = The reply window is over; a person may still answer until { $until }
late-answer = The reply window of { $channel } is over. What you write still goes, as a person’s answer, until { $until_at }.

## What is possible when a reply cannot go

button-templates = Templates
button-another-template = Another template
button-send-via = Send via { $where }
button-call = Copy { $phone } to call
button-send = Send
menu-template = Which template?
templates-none = This channel has no approved template yet. They are made at the vendor.
refused-templates = The list of templates did not come: { $detail } Try again in a minute.
refused-templates-without-detail = The list of templates did not come. Try again in a minute.
template-gone = This template is not there any more, or was sent already. Pick one anew.
template-title = Template { $name } ({ $language })
template-ask = { $count ->
    [one] Answer this message with the value for { "{{1}}" }.
   *[other] Answer this message with the { $count } values for { "{{1}}" }, { "{{2}}" } …, each on a line of its own.
}
template-count = { $count ->
    [one] This template takes { $count } value, and these are { $given }.
   *[other] This template takes { $count } values, each on a line of its own, and these are { $given }.
} Answer the question once more.
template-preview = This is what the customer will read.
template-sent = On its way

## Choices

ask-usage = Write the question and the choices with | between them: /ask Which colour? | White | Oak
customer-pressed = pressed: { $title }

## Taking back, reacting

taken-back = Taken back: the customer does not see it any more.
refused-unsend-what = Say /unsend in reply to your own message, the one that shall be taken back.
refused-taken-back = This message was taken back already.
refused-unsend-failed = This message never reached the customer, so there is nothing to take back.
refused-no-deletes = What was sent there cannot be taken back ({ $channel }).
refused-no-deletes-without-channel = What was sent there cannot be taken back.
unsend-failed = It could not be taken back: the customer still sees it. { $code } The service said: { $detail }
unsend-failed-without-detail = It could not be taken back: the customer still sees it. { $code }
no-reactions = The customer does not see reactions in { $channel }; they stay at the desk.
no-reactions-without-channel = The customer does not see reactions there; they stay at the desk.
reaction-failed = The customer does not see your reaction. { $code } The service said: { $detail }
reaction-failed-without-detail = The customer does not see your reaction. { $code }
customer-deleted-text = { $name } deleted this message, and its text is not kept.

command-ask = Let the customer choose: /ask question | one | two
command-unsend = Take your message back, in reply to it
help-taken-back = Say /unsend in reply to your message to take it back ({ $emoji }); your reaction on a customer’s message goes to the customer, where the channel can.
