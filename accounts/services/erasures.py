"""Does erasures: every room's part, then the account's; again after whatever interrupted it; and once more at the end.

A store that is down, a killed worker and a defect are the same to it: what is due is done again (`erasures_due`), and
each room erases what is left. docs/adr/0016.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from accounts.models import Erasure, ErasureStatus
from accounts.origin import SYSTEM
from accounts.personal_data import NotYet, Person, holders, person_find
from accounts.services.account_erasure import account_delete, account_erase
from accounts.services.audit import audit_record
from storage_app import advisory_lock

logger = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 300


def erasures_due() -> list[UUID]:
    """Those with something left to do that nobody is at."""
    due = Erasure.objects.due(at=timezone.now()).order_by("run_after")
    return [erasure.pk for erasure in due if not advisory_lock.is_held(_lock_id(erasure))]


def erasure_run(*, erasure_id: UUID) -> None:
    """Do what is left of an erasure. Nothing happens where a worker is at one of the same person.

    Raises:
        whatever a store raises. It is noted, and the erasure is due again after a pause.
    """
    erasure = Erasure.objects.get(pk=erasure_id)
    with advisory_lock.held(_lock_id(erasure)) as is_ours:
        due = Erasure.objects.due(at=timezone.now()).filter(pk=erasure_id).first() if is_ours else None
        if due:
            _attempt(due)


def _attempt(erasure: Erasure) -> None:
    try:
        _work(erasure)
    except NotYet as reason:
        _pause(erasure, str(reason))
    except Exception as error:
        _pause(erasure, type(error).__name__)
        raise


def _work(erasure: Erasure) -> None:
    settles = erasure.status == ErasureStatus.SUCCEEDED
    if not settles:
        _note(erasure, status=ErasureStatus.RUNNING, attempts=erasure.attempts + 1)
    person = person_find(user_id=erasure.user_id)
    _erase(erasure, person, settles=settles)
    if settles:
        if erasure.includes_account and person.account:
            account_delete(user=person.account)
        _note(erasure, user_id="")
    else:
        _note(erasure, status=ErasureStatus.SUCCEEDED, finished_at=timezone.now(), error="")
        audit_record(
            origin=SYSTEM, action="erasure.finish", object_type="erasure", object_id=erasure.pk, counts=erasure.counts
        )
    logger.info("person_erased", erasure_id=str(erasure.pk), settled=settles, **erasure.counts)


def _erase(erasure: Erasure, person: Person, *, settles: bool) -> None:
    before = dict(erasure.counts)

    def found(**counts: int) -> None:
        """Written down before anything goes. A second attempt finds less than the first; the last look adds to it."""
        for place, number in counts.items():
            known = before.get(place, 0)
            erasure.counts[place] = known + number if settles else max(known, number)
        _note(erasure, counts=erasure.counts)

    for holder in holders().values():
        holder.erase(person=person, asked_at=erasure.created_at, found=found)
    if erasure.includes_account and person.account and not settles:
        account_erase(user=person.account, found=found)


def _pause(erasure: Erasure, reason: str) -> None:
    """A short pause at first, for events that are being written; longer and longer ones for a store that is down."""
    seconds = min(2 ** min(erasure.attempts, 20), LONGEST_PAUSE_SECONDS)
    _note(erasure, error=reason, run_after=timezone.now() + timedelta(seconds=seconds))
    logger.warning("erasure_pauses", erasure_id=str(erasure.pk), reason=reason, pause_seconds=seconds)


def _note(erasure: Erasure, **changes: str | int | datetime | dict[str, int]) -> None:
    for name, value in changes.items():
        setattr(erasure, name, value)
    erasure.save(update_fields=list(changes))


def _lock_id(erasure: Erasure) -> UUID:
    """One for a person, whatever number of erasures they have: the counts of two at once would be wrong."""
    return UUID(hex=erasure.subject[:32])
