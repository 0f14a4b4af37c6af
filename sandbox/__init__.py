"""A stand-in for Telegram's Bot API with a browser playground, for the demo and the tests.

A stranger to the other rooms: it is spoken to over HTTP only.
"""
