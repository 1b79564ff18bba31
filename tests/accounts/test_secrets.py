"""Seals, digests, signatures and the renewal of seals."""

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, TypedDict, cast

import pytest
from django.db import connection, models
from pytest_django import Settings

from rollcall.accounts import sealed, secrets
from rollcall.accounts.models import ApiToken
from tests.accounts.people import Two, two_companies


class Place(TypedDict):
    company_id: int
    table: str
    field: str
    row: int | str


PLACE: Place = {"company_id": 1, "table": "connections_connection", "field": "credentials", "row": 5}


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, settings: Settings) -> Path:
    settings.ROLLCALL_KEYS = tmp_path / "keys.json"
    secrets.ensure_keys(settings.ROLLCALL_KEYS)
    return tmp_path / "keys.json"


def test_the_key_file_is_its_owners_alone_and_made_once(keys: Path) -> None:
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    before = keys.read_bytes()
    secrets.ensure_keys(keys)
    secrets._write(keys, secrets._KeyFile("k9", {}, ""), replace=False)
    assert keys.read_bytes() == before, "a second process that is late does not replace it"
    assert list(keys.parent.iterdir()) == [keys], "no drafts are left"
    content = json.loads(before)
    assert len(base64.b64decode(content["keys"]["k1"])) == 32


def test_the_key_file_is_made_at_first_use(tmp_path: Path, settings: Settings) -> None:
    settings.ROLLCALL_KEYS = str(tmp_path / "new" / "keys.json")
    assert secrets.unseal(secrets.seal(b"x", **PLACE), **PLACE) == b"x"


def test_z3_a_seal_opens_in_its_place_and_shows_nothing() -> None:
    """Z3"""
    value = secrets.seal(b"very private", **PLACE)
    assert b"private" not in value
    assert secrets.unseal(memoryview(value), **PLACE) == b"very private"
    assert secrets.seal(b"very private", **PLACE) != value


@pytest.mark.parametrize(
    "other",
    [{"company_id": 2}, {"table": "directory_member"}, {"field": "bank"}, {"row": 6}, {"row": "5,"}],
)
def test_z3_a_seal_is_bound_to_its_place(other: Place) -> None:
    """Z3"""
    value = secrets.seal(b"very private", **PLACE)
    with pytest.raises(secrets.SealBroken):
        secrets.unseal(value, **cast("Place", {**PLACE, **other}))


def test_every_changed_byte_breaks_the_seal() -> None:
    value = secrets.seal(b"x", **PLACE)
    for index in range(len(value)):
        changed = bytearray(value)
        changed[index] ^= 1
        with pytest.raises(secrets.SealBroken):
            secrets.unseal(bytes(changed), **PLACE)
    for cut in (b"", b"k1.", value[:10], value[:-1]):
        with pytest.raises(secrets.SealBroken):
            secrets.unseal(cut, **PLACE)


def test_z4_a_new_key_is_used_at_once_and_old_seals_stay_readable(keys: Path) -> None:
    """Z4"""
    old, digest = secrets.seal(b"x", **PLACE), secrets.digest(b"x", company_id=1, purpose="page")
    link = secrets.sign("invitation", "1:a")
    assert not secrets.needs_rotation(old)
    assert secrets.add_key(keys) == "k2"
    assert secrets.unseal(old, **PLACE) == b"x"
    assert secrets.needs_rotation(old)
    new = secrets.seal(b"x", **PLACE)
    assert new.startswith(b"k2.")
    assert not secrets.needs_rotation(new)
    assert secrets.digest(b"x", company_id=1, purpose="page") == digest, "digests outlive a rotation"
    assert secrets.sign("invitation", "1:a") == link
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_a_digest_tells_companies_and_purposes_apart() -> None:
    one = secrets.digest(b"x", company_id=1, purpose="page")
    assert one == secrets.digest(b"x", company_id=1, purpose="page")
    assert len(one) == 64
    others = {
        secrets.digest(b"x", company_id=2, purpose="page"),
        secrets.digest(b"x", company_id=1, purpose="bank"),
        secrets.digest(b"y", company_id=1, purpose="page"),
        one,
    }
    assert len(others) == 4


def test_a_signature_fits_its_purpose_and_text_only() -> None:
    signature = secrets.sign("invitation", "17:abc")
    assert signature.replace("-", "").replace("_", "").isalnum()
    assert secrets.signature_fits("invitation", "17:abc", signature)
    assert not secrets.signature_fits("reset", "17:abc", signature)
    assert not secrets.signature_fits("invitation", "18:abc", signature)
    assert not secrets.signature_fits("invitation", "17:abc", "é")


class Vault(models.Model):
    """A table with seals, for these tests only."""

    company_id = models.BigIntegerField()
    person = models.CharField(max_length=10)
    box = models.BinaryField()

    objects: ClassVar[models.Manager["Vault"]] = models.Manager()

    class Meta:
        app_label = "accounts"
        db_table = "test_vault"
        managed = False


@pytest.fixture
def vault(two: Two) -> Iterator[Two]:
    """A table of the app's own session; it goes with the test's transaction."""
    before = dict(sealed._registry)
    sealed._registry.clear()
    sealed.register(Vault, "box", row=("company_id", "person"))
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table test_vault"
            " (id bigserial primary key, company_id bigint, person text, box bytea)"
        )
    yield two
    with connection.cursor() as cursor:
        cursor.execute("drop table test_vault")
    sealed._registry.clear()
    sealed._registry.update(before)


def place(company_id: int, person: str) -> Place:
    return {"company_id": company_id, "table": "test_vault", "field": "box", "row": f"{company_id}:{person}"}


def fill(company_id: int, count: int) -> None:
    for number in range(count):
        box = secrets.seal(f"secret {number}".encode(), **place(company_id, str(number)))
        Vault.objects.create(company_id=company_id, person=str(number), box=box)


def test_z4_rotation_seals_everything_again_and_can_be_repeated(vault: Two, keys: Path) -> None:
    """Z4"""
    fill(vault.alice_company.pk, 7)
    fill(vault.charlie_company.pk, 3)
    assert sealed.rotate(batch=2) == 0
    secrets.add_key(keys)
    assert sealed.rotate(batch=2) == 10
    assert sealed.rotate(batch=2) == 0
    for row in Vault.objects.all():
        assert not secrets.needs_rotation(row.box)
        opened = secrets.unseal(row.box, **place(row.company_id, row.person))
        assert opened == f"secret {row.person}".encode()


def test_z4_rotation_resumes_and_leaves_a_broken_seal_alone(vault: Two, keys: Path) -> None:
    """Z4"""
    fill(vault.alice_company.pk, 4)
    broken = Vault.objects.order_by("pk")[1]
    Vault.objects.filter(pk=broken.pk).update(box=b"k1.nonsense")
    secrets.add_key(keys)
    first = Vault.objects.order_by("pk")[0]
    box = secrets.seal(b"secret 0", **place(first.company_id, "0"))
    Vault.objects.filter(pk=first.pk).update(box=box)
    assert sealed.rotate(batch=1) == 2
    assert bytes(Vault.objects.get(pk=broken.pk).box) == b"k1.nonsense"


def test_a_column_is_registered_by_its_primary_key() -> None:
    before = dict(sealed._registry)
    sealed.register(ApiToken, "name")
    found = next(column for column in sealed.registered() if column.table == "accounts_apitoken")
    sealed._registry.clear()
    sealed._registry.update(before)
    assert (found.key, found.row) == ("id", ("id",))


def test_z3_z4_seals_and_digests_of_a_batch_are_those_of_one(settings: Settings) -> None:
    """Also over more values than random bytes are asked for at a time, and no two seals alike."""
    sealer = secrets.Sealer(company_id=1, table="connections_employee", field="bank_sealed", purpose="bank")
    seals = set()
    for number in range(200):
        plain, row = b"x" * number, f'7:é"{number}'
        value = sealer.seal(plain, row)
        seals.add(value[:15])
        assert _opened(value, row) == sealer.unseal(value, row) == plain
        assert sealer.digest(plain) == secrets.digest(plain, company_id=1, purpose="bank")
    assert len(seals) == 200
    with pytest.raises(secrets.SealBroken):
        _opened(sealer.seal(b"x", "7:1"), "7:2")
    with pytest.raises(secrets.SealBroken):
        sealer.unseal(sealer.seal(b"x", "7:1"), "7:2")
    older = sealer.seal(b"x", "7:1")
    secrets.add_key(settings.ROLLCALL_KEYS)
    newer = secrets.Sealer(company_id=1, table="connections_employee", field="bank_sealed", purpose="bank")
    assert sealer.unseal(newer.seal(b"y", "7:1"), "7:1") == b"y"
    assert newer.unseal(older, "7:1") == b"x"


def _opened(value: bytes, row: str) -> bytes:
    return secrets.unseal(value, company_id=1, table="connections_employee", field="bank_sealed", row=row)
