"""Other people's wire formats: one folder per channel, and `kit/` for what two of them share.

No store and no bot here: adapters take plain values and return plain values.
"""
