"""What a contact, lead, conversation, message, reply and reminder is, and what may happen to it.

Plain Python: no Telegram, HTTP, SQL, clocks or sentences. The words that rooms share live in `events.py`.
"""
