"""Klaviyo's public API as far as a destination needs it, at wire level.

What the public documents leave open is decided here for the less forgiving side, and said so at the
place (search for "unverified"); some of it can be set the other way (`state.Account`).
"""
