"""The application, for the web server."""

import gc
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from config.server.application import Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    application = Application(get_wsgi_application(), threads=settings.WEB_THREADS)
except ImproperlyConfigured as error:
    sys.exit(f"Configuration error: {error}")

# What is loaded now stays: the collector need not look at it again. A batch of events makes thousands of objects at
# once, all of which are gone with the answer; looking through them every 700 costs more than checking them.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
