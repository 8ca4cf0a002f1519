"""The pipeline in the admin."""

from importlib import import_module
from itertools import islice

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import action

from accounts.admin import ReadOnlyAdmin
from ingestion.dead_letters import dead_letter_count, dead_letters, dead_letters_replay
from ingestion.models import LedgerHour

_SHOWN = 200
# Django looks here only.
import_module("ingestion.devices.admin")


@admin.register(LedgerHour)
class LedgerHourAdmin(ReadOnlyAdmin):
    """What became of the events of each hour. Read-only: the pipeline writes it."""

    list_display = LedgerHour.SHOWN
    list_filter = ("origin",)
    date_hierarchy = "hour"
    actions_list = ("dead_letters",)

    @action(description="Dead letters", url_path="dead-letters", permissions=["view"])  # type: ignore[untyped-decorator]
    def dead_letters(self, request: HttpRequest) -> HttpResponse:
        """Events that could not be stored: to look at, and to put back."""
        if request.method == "POST":
            ids = None if request.POST.get("replay") == "all" else request.POST.getlist("ids")
            messages.success(request, f"{dead_letters_replay(ids=ids)} put back into the buffer.")
            return HttpResponseRedirect(request.path)
        context = self.admin_site.each_context(request) | {
            "title": "Dead letters",
            "count": dead_letter_count(),
            "letters": list(islice(dead_letters(), _SHOWN)),
        }
        return TemplateResponse(request, "admin/ingestion/dead_letters.html", context)
