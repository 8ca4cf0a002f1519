"""Devices and their readings; config.urls says where they are, as there are two places."""

from django.urls import path

from ingestion.devices.views import DeviceCollection, DeviceItem, DeviceReadings, DeviceSilences, ReadingCollection

urlpatterns = [
    path("devices", DeviceCollection.as_view()),
    path("devices/<uuid:device_id>", DeviceItem.as_view()),
    path("devices/<uuid:device_id>/silences", DeviceSilences.as_view()),
    path("stats", ReadingCollection.as_view()),
    path("stats/<uuid:device_id>", DeviceReadings.as_view()),
]
