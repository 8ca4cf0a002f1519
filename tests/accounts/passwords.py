"""A password, and hashing that costs a test no time."""

from django.contrib.auth.hashers import Argon2PasswordHasher

PASSWORD = "correct horse battery"


class QuickArgon2Hasher(Argon2PasswordHasher):
    """Argon2 with the least of everything."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
