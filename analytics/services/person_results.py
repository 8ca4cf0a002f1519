"""Deletes what is stored of one person, so that the next calculation does not take it for written."""

from django.db import transaction

from analytics.models import MetricResult, PersonResult


def person_results_delete(*, user_id: str) -> int:
    """Delete a person's results; gives how many there were. Those of their courses stay."""
    with transaction.atomic():
        of_person = PersonResult.objects.filter(user_id=user_id)
        # A calculation under way holds these rows: it ends first, or sees the empty digests.
        results = MetricResult.objects.select_for_update().filter(pk__in=of_person.values("result_id"))
        keys = list(results.order_by("pk").values_list("pk", flat=True))
        MetricResult.objects.filter(pk__in=keys).update(people_digest="")
        return of_person.delete()[0]
