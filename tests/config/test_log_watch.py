"""The watch over the logs of every test sees what it is there for."""

import logging

import pytest

from accounts.models import User
from accounts.tokens import access_token_sign, api_key_make
from tests.accounts.passwords import PASSWORD
from tests.log_watch import LogWatch, known_secrets


@pytest.mark.parametrize("number", range(len(known_secrets())))
def test_known_secrets(log_watch: LogWatch, number: int) -> None:
    logging.getLogger("tests").warning("refused %s", known_secrets()[number])

    assert log_watch.leaks
    log_watch.leaks.clear()


@pytest.mark.parametrize("kind", ["access token", "api key", "recovery code", "in an exception", "in a field"])
def test_secrets_made_on_the_way(log_watch: LogWatch, kind: str) -> None:
    logger = logging.getLogger("tests")
    try:
        int(PASSWORD)
    except ValueError:
        {
            "access token": lambda: logger.warning("Bearer %s", access_token_sign(user=User(pk=1))),
            "api key": lambda: logger.warning("key=%s", api_key_make()[0]),
            "recovery code": lambda: logger.warning("huna-btou-vqx7-j4oc"),
            "in an exception": lambda: logger.exception("failed"),
            "in a field": lambda: logger.warning("sent", extra={"body": {"password": PASSWORD}}),
        }[kind]()

    assert len(log_watch.leaks) == 1
    log_watch.leaks.clear()


def test_other_lines_pass(log_watch: LogWatch) -> None:
    logging.getLogger("tests").warning("password of user 7 was wrong, key tw_00000000, family 2f1e-0000-4a4a-beef")

    assert log_watch.leaks == []
