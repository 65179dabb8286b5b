"""Mailchimp Marketing API 3.0: state, effects, and handlers by resource.

What the public documents leave open is decided here for the less forgiving side, and said so at
the place (search for "unverified").
"""
