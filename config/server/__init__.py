"""Between the web server's ASGI and Django's WSGI handler: each request in a thread, its client watched meanwhile."""
