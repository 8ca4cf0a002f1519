"""Puts the demonstration's events in."""

import itertools
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from ingestion.demo import COURSES, demo_events
from ingestion.selectors.events import course_has_events
from ingestion.services import events_accept

_BATCH = 5000


class Command(BaseCommand):
    """manage.py load_demo"""

    help = "Put the demonstration's events (three courses, eight weeks) in, unless they are there already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Through the buffer, like everybody's events."""
        if any(course_has_events(course_id=course_id) for course_id in COURSES):
            self.stdout.write("demonstration events are there")
            return
        student = User.objects.filter(username="student").first()
        if student is None:
            raise CommandError("The account student is missing: run manage.py create_demo_accounts first.")
        events = demo_events(today=datetime.now(UTC), student_user_id=str(student.pk))
        total = 0
        while batch := list(itertools.islice(events, _BATCH)):
            total += events_accept(events=batch, source="demo")
        self.stdout.write(f"demonstration events: {total:,} accepted in {', '.join(COURSES)}")
