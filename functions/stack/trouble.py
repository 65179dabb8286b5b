"""What goes wrong between this machine and the account, in words and with a remedy. What AWS says
itself is not repeated: it names accounts, users and resources."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from functions.cloud.clients import THROTTLED, codes
from personalization.errors import ProductError, Retry, Stop

REFUSED = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403",
    "AuthorizationErrorException", "KMS.AccessDeniedException", "KmsAccessDenied",
})  # fmt: skip
STALE = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId",
    "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch", "TokenRefreshRequired",
    "InvalidSignatureException", "RequestTimeTooSkewed", "AuthFailure", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "IncompleteSignature",
})  # fmt: skip
"""Codes for credentials that are over, unknown, or signed by a clock that is wrong (IAM: "Common
errors")."""
GONE = frozenset({"ResourceNotFoundException", "NoSuchBucket", "QueueDoesNotExist",
                  "AWS.SimpleQueueService.NonExistentQueue", "404"})  # fmt: skip
LATER = THROTTLED | {"InternalError", "InternalFailure", "ServiceUnavailableException", "500",
                     "503", "Throttling", "InternalServiceError", "RequestThrottled"}  # fmt: skip
SIGN_IN = ("`aws configure` or `aws sso login` gives this machine some, and AWS_PROFILE names "
           "which of them to use")  # fmt: skip
BY_NAME = {
    "NoCredentialsError": f"there are no AWS credentials: {SIGN_IN}",
    "PartialCredentialsError": f"the AWS credentials are not complete: {SIGN_IN}",
    "CredentialRetrievalError": f"the AWS credentials cannot be read: {SIGN_IN}",
    "ProfileNotFound": "AWS_PROFILE names no profile of this machine: `aws configure "
    "list-profiles` lists them",
    "NoRegionError": "no AWS region is set: export AWS_DEFAULT_REGION=..., the one that the stack "
    "is in",
    "InvalidRegionError": "AWS_DEFAULT_REGION is no region: export one such as eu-central-1",
    "ConfigParseError": "the AWS settings of this machine cannot be read: `aws configure list`",
}
SESSIONS = ("SSO", "UnauthorizedSSO", "Login", "TokenRetrieval", "NoAuthToken")
"""How the names of errors begin that are about a session which is over."""
AWAY = ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "SSLError",
        "ConnectionClosedError", "ProxyConnectionError", "HTTPClientError", "IncompleteReadError",
        "ResponseStreamingError")  # fmt: skip
ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)")


@contextmanager
def explained() -> Iterator[None]:
    """Turns errors of the cloud's clients into ours; others pass as they are."""
    try:
        yield
    except ProductError:
        raise
    except Exception as error:
        ours = understood(error)
        if ours is None:
            raise
        raise ours from None


def understood(error: Exception) -> ProductError | None:
    """What an error of the clients means for a person; None for one that is not theirs."""
    name = type(error).__name__
    if name in BY_NAME:
        return Stop(BY_NAME[name])
    if name.startswith(SESSIONS):
        return Stop(f"the AWS session is over: {SIGN_IN}")
    if name in AWAY:
        return Retry("AWS cannot be reached from this machine: is it connected, and is "
                     "AWS_ENDPOINT_URL right where it is set?", after=10)  # fmt: skip
    said = codes(error)
    return by_code(error, said) if said else None


def by_code(error: Exception, said: set[str]) -> ProductError:
    """What an answer of AWS means."""
    operation = str(getattr(error, "operation_name", "a call"))
    if said & REFUSED or ACTION.search(str(error)):
        found = ACTION.search(str(error))
        action = found[1] if found else operation
        return Stop(f"these AWS credentials may not {action}: have it allowed to them. "
                    "docs/deploy.md lists all that --stack needs")  # fmt: skip
    if said & STALE:
        return Stop("AWS does not take these credentials: they are over, or of no account, or this "
                    f"machine's clock is wrong. {SIGN_IN}")  # fmt: skip
    if said & GONE:
        return Stop(f"what {operation} asks for is not there any more: was the stack deleted, or "
                    "is it another one's region?")  # fmt: skip
    if said <= LATER:
        return Retry("AWS is busy", after=30)
    return Stop(f"AWS refused {operation}: {', '.join(sorted(said))}")
