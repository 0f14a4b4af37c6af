"""What two channels share: the contract, verification, the HTTP edge, outbound calls, fixtures.

The kit never imports a channel; a folder scan finds them.
"""
