"""The one exception for mistakes that a user can mend."""


class LTHError(Exception):
    """A mistake that the user can mend: the message names file, key, value and what is legal."""
