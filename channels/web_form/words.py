"""What our pages say; the languages are those of `Settings.language`."""

from __future__ import annotations

from channels.kit.contract import Outcome

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "heading": "How can we help?",
        "lead": "Leave your details, and we will get back to you.",
        "name": "Name",
        "phone": "Phone",
        "email": "E-mail",
        "message": "Message",
        "file": "File (up to 9 MB)",
        "send": "Send",
        "gotcha": "Leave this empty",
        "thanks": "Thank you!",
        "thanks_lead": "We have your message and will answer soon.",
        "again": "Send another message",
        "sorry": "That did not work",
        "again_later": "Nothing was taken. Please go back and send it again in a minute.",
        "mend": "Your message was not taken. Please go back, check what you wrote and send it again.",
        "too_large": "Your message is too large. Please go back and send a smaller file, or none.",
        "not_here": "This form is not taken from that site.",
    },
    "ru": {
        "heading": "Чем вам помочь?",
        "lead": "Оставьте контакты, и мы вам ответим.",
        "name": "Имя",
        "phone": "Телефон",
        "email": "Электронная почта",
        "message": "Сообщение",
        "file": "Файл (до 9 МБ)",
        "send": "Отправить",
        "gotcha": "Оставьте это поле пустым",
        "thanks": "Спасибо!",
        "thanks_lead": "Мы получили ваше сообщение и скоро ответим.",
        "again": "Отправить ещё одно сообщение",
        "sorry": "Не получилось",
        "again_later": "Сообщение не принято. Вернитесь и отправьте его ещё раз через минуту.",
        "mend": "Сообщение не принято. Вернитесь, проверьте написанное и отправьте ещё раз.",
        "too_large": "Сообщение слишком большое. Вернитесь и отправьте его с файлом поменьше или без файла.",
        "not_here": "С этого сайта форма не принимается.",
    },
}

PROBLEMS = {
    Outcome.UNAVAILABLE: "again_later",
    Outcome.TOO_MANY: "again_later",
    Outcome.TOO_LARGE: "too_large",
    Outcome.FORBIDDEN: "not_here",
    Outcome.REJECTED: "not_here",
}
