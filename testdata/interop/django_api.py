"""An API made with Django REST framework, in one file, over one SQLite file.

    django_api.py seed FILE     make the database and its rows
    django_api.py serve FILE    serve it; the first line printed is the base URL
    django_api.py touch FILE N  change N rows now; print their ids as JSON

/pages (token), /offsets (basic) and /cursors (open) list the same orders in
the three styles of pagination that the framework brings; /changes lists those
changed since the `since` parameter and before `until`, by cursor in the order of
their change.
"""

import datetime
import decimal
import json
import os
import sys
import uuid

import django
from django.conf import settings

TOKEN = "0123456789abcdef0123456789abcdef01234567"
USER, PASSWORD = "reader", "päss:word"  # a colon and a letter beyond ASCII are allowed

settings.configure(
    SECRET_KEY="interop",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TIME_ZONE="America/Chicago",  # times leave with -06:00, then -05:00
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    # Basic authentication checks the password on every request: a cheap hash.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "rest_framework",
        "rest_framework.authtoken",
    ],
    # Tables are made from the models as they are, without migrations.
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "authtoken": None},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sys.argv[2],
            "OPTIONS": {"timeout": 20},
        }
    },
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils.dateparse import parse_datetime  # noqa: E402
from rest_framework import authentication, generics, pagination, permissions, serializers  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402


class Order(models.Model):
    reference = models.UUIDField()
    customer = models.CharField(max_length=80)
    note = models.TextField(null=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    weight = models.FloatField(null=True)
    tracking = models.BigIntegerField()
    paid = models.BooleanField()
    due = models.DateField(null=True)
    lines = models.JSONField()
    updated_at = models.DateTimeField(unique=True)

    class Meta:
        app_label = "interop"


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = "__all__"


class Pages(pagination.PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 150


class Offsets(pagination.LimitOffsetPagination):
    default_limit = 50
    max_limit = 100


class Cursors(pagination.CursorPagination):
    page_size = 90
    ordering = "id"


class Changes(pagination.CursorPagination):
    page_size = 250
    ordering = "updated_at"


class OrderList(generics.ListAPIView):
    serializer_class = OrderSerializer
    queryset = Order.objects.order_by("id")

    def get_queryset(self):
        queryset = super().get_queryset()
        for name, condition in {"since": "updated_at__gte", "until": "updated_at__lt"}.items():
            if text := self.request.query_params.get(name):
                queryset = queryset.filter(**{condition: parse_datetime(text)})
        return queryset


CLOSED = {"permission_classes": [permissions.IsAuthenticated]}
urlpatterns = [
    path("pages/", OrderList.as_view(
        pagination_class=Pages, authentication_classes=[authentication.TokenAuthentication], **CLOSED)),
    path("offsets/", OrderList.as_view(
        pagination_class=Offsets, authentication_classes=[authentication.BasicAuthentication], **CLOSED)),
    path("cursors/", OrderList.as_view(pagination_class=Cursors)),
    path("changes/", OrderList.as_view(pagination_class=Changes)),
]

NAMES = ["Ana", "Ægir Ó", "山田 太郎", 'The "Quoted" Shop', "line\nbreak", "Łódź & Söhne <b>"]


def order(i):
    start = datetime.datetime(2024, 3, 1, tzinfo=datetime.timezone.utc)
    return Order(
        reference=uuid.UUID(int=i * 2**64 + i),
        customer=NAMES[i % len(NAMES)],
        note=None if i % 3 == 0 else f"note\t{i}\r\nécrit",
        price=decimal.Decimal(i * 7) / 100,
        weight=None if i % 4 == 0 else i / 8 + 0.1,
        tracking=2**53 + i if i % 2 else -i,
        paid=i % 5 == 0,
        due=None if i % 6 == 0 else (start + datetime.timedelta(days=i % 90)).date(),
        lines=[{"sku": f"A{i % 9}", "qty": i % 4, "tags": ["x", None, "ü"]}] * (i % 3),
        # Not in the order of the ids, not whole seconds, and past the change of 10 March.
        updated_at=start + datetime.timedelta(minutes=i * 611 % 1203 * 13, microseconds=i * 997),
    )


def seed():
    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    Order.objects.bulk_create(order(i) for i in range(1, 1204))
    Token.objects.create(key=TOKEN, user=User.objects.create_user(USER, password=PASSWORD))


def serve():
    import waitress
    from django.core.wsgi import get_wsgi_application

    server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=4)
    print(f"http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


def touch():
    count = int(sys.argv[3])
    changed = list(Order.objects.order_by("id")[10 : 10 + count * 50 : 50])
    for o in changed:
        o.note = "changed"
        o.updated_at = datetime.datetime.now(datetime.timezone.utc)
        o.save()
    print(json.dumps([o.id for o in changed]))


if __name__ == "__main__":
    os.environ["NO_COLOR"] = "1"
    {"seed": seed, "serve": serve, "touch": touch}[sys.argv[1]]()
