"""What the sandbox refuses, as the real client raises it."""

import pytest
from mailchimp_marketing.api_client import ApiClientError


def refused(call, *arguments, **more):
    with pytest.raises(ApiClientError) as caught:
        call(*arguments, **more)
    return caught.value
