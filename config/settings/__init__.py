"""All settings, read once from the environment. One small file per concern; .env.example documents each."""

from config.settings.core import *
from config.settings.stores import *
from config.settings.security import *
from config.settings.cors import *
from config.settings.api import *
from config.settings.files import *
from config.settings.sources import *
from config.settings.tasks import *
from config.settings.logs import *
from config.settings.ingestion import *
from config.settings.analytics import *
from config.settings.admin import *
