"""Make companies, entities and grants."""

from django.db import connection

from rollcall.accounts.access import acting_for
from rollcall.accounts.models import Company, Entity, Grant, Language, Plan, Role, User


def create_company(name: str, plan: str = Plan.SCALE) -> Company:
    """Store and return a new company. Its id is drawn first: the wall lets a company's row in for that
    company only.
    """
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('accounts_company', 'id'))")
        row = cursor.fetchone()
    company_id: int = row[0] if row else 0
    with acting_for(company_id):
        return Company.objects.create(pk=company_id, name=name, plan=plan)


def create_entity(
    company: Company,
    name: str,
    *,
    country: str = "FR",
    currency: str = "EUR",
    time_zone: str = "Europe/Paris",
    language: str = Language.FR,
) -> Entity:
    """Store and return a new entity; ISO codes and an IANA zone. Opens the company's wall by itself."""
    with acting_for(company.pk):
        return Entity.objects.create(
            company=company,
            name=name,
            country=country,
            currency=currency,
            time_zone=time_zone,
            language=language,
        )


def grant_role(entity: Entity, user: User, role: str) -> Grant:
    """Give the person this role in the entity, instead of the one they had."""
    wanted = Role(role)
    with acting_for(entity.company_id):
        grant, _ = Grant.objects.update_or_create(
            entity=entity, user=user, defaults={"company_id": entity.company_id, "role": wanted}
        )
    return grant


def withdraw_role(entity: Entity, user: User) -> None:
    """Take the person's right in this entity away; their rights in others stay."""
    with acting_for(entity.company_id):
        Grant.objects.filter(entity=entity, user=user).delete()
