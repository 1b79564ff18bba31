"""Values planted in tests that must never reach a log, a mail's header or a job's arguments (fault Z5).

Use these wherever a test needs a secret; the run fails at its end if one stands in the captured log.
The IBAN is the example of the standard's own documentation.
"""

PASSWORD = "planted-Passw0rd-7f3a"
TOKEN = "planted-token-91c2e5"
IBAN = "DE89370400440532013000"
NAME = "Plantagenet-Zq"

ALL = (PASSWORD, TOKEN, IBAN, NAME)
