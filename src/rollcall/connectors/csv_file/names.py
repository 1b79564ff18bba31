"""How columns are called in English, French and German files, folded as ``reading.folded`` does (assumed).

Found in exports of HR tools and in hand-made lists; only used to *suggest* what a column is, never to read it.
"""

from collections.abc import Mapping
from typing import Final

_SPELLINGS: Final = {
    "employee_number": (
        "employee number|employee no|employee nr|employee id|employeeid|employee code|staff number|staff id"
        "|staff no|personnel number|personnel no|payroll number|payroll id|person id|person number|worker id"
        "|badge number|clock number|emp id|emp no|id"
        "|matricule|numero matricule|no matricule|n matricule|matricule salarie|matricule employe"
        "|numero de matricule|numero employe|numero d employe|no employe|numero salarie|id employe|id salarie"
        "|identifiant|code salarie|code employe"
        "|personalnummer|personal nr|personalnr|pers nr|persnr|persnummer|mitarbeiternummer|mitarbeiter nr"
        "|mitarbeiternr|mitarbeiter id|stammnummer|ma nr"
    ),
    "work_email": (
        "email|e mail|mail|work email|work e mail|business email|business e mail|company email|office email"
        "|corporate email|professional email|email address|e mail address|work email address|email work"
        "|courriel|adresse email|adresse e mail|adresse mail|email professionnel|e mail professionnel"
        "|mail professionnel|mail pro|email pro|courriel professionnel|adresse email professionnelle"
        "|adresse electronique|adresse mail professionnelle"
        "|e mail adresse|emailadresse|mailadresse|geschaftliche e mail|e mail geschaftlich|e mail dienstlich"
        "|dienstliche e mail|firmen e mail|e mail arbeit"
    ),
    "personal_email": (
        "personal email|personal e mail|private email|private e mail|home email|home e mail|email personal"
        "|email personnel|e mail personnel|mail personnel|mail perso|email perso|courriel personnel"
        "|adresse email personnelle|e mail privat|e mail private"
    ),
    "first_name": (
        "first name|firstname|given name|givenname|forename|legal first name|name first"
        "|prenom|prenoms|prenom usuel|vorname|vornamen|rufname vorname"
    ),
    "last_name": (
        "last name|lastname|surname|family name|familyname|legal last name|second name"
        "|nom de famille|nom usuel|nom d usage|nom usage|nom de naissance|nachname|familienname|zuname"
    ),
    "preferred_name": (
        "preferred name|preferred first name|display name|known as|nickname|goes by"
        "|prenom prefere|nom prefere|prenom d usage|surnom|rufname|anzeigename|spitzname"
    ),
    "status": (
        "status|employment status|employee status|work status|worker status|active|state"
        "|statut|etat|statut salarie|statut emploi|situation|actif|statut du salarie"
        "|beschaftigungsstatus|mitarbeiterstatus|personalstatus|aktiv"
    ),
    "start_date": (
        "start date|startdate|hire date|hiredate|date of hire|hired on|joining date|date of joining|join date"
        "|entry date|employment start|employment start date|start|original hire date|date started|first day"
        "|date d entree|date entree|date d embauche|date embauche|date de debut|date debut|entree"
        "|debut de contrat|date debut contrat|date de debut de contrat|date d arrivee|arrivee|embauche"
        "|eintrittsdatum|eintritt|eintritt am|einstellungsdatum|startdatum|beginn|arbeitsbeginn|eingetreten am"
        "|vertragsbeginn"
    ),
    "end_date": (
        "end date|enddate|termination date|date of termination|leaving date|leave date|exit date|terminated on"
        "|contract end|contract end date|employment end|employment end date|departure date|date left"
        "|date de sortie|date sortie|date de fin|date fin|date de depart|date depart|sortie|fin de contrat"
        "|date de fin de contrat|date fin contrat|date fin de contrat|depart"
        "|austrittsdatum|austritt|austritt am|enddatum|vertragsende|kundigungsdatum|ausgetreten am"
        "|beschaftigungsende|kuendigungsdatum"
    ),
    "last_working_day": (
        "last working day|last day|last day of work|last day worked|last worked day|last working date"
        "|dernier jour travaille|dernier jour|dernier jour de travail|dernier jour de presence"
        "|letzter arbeitstag|letzter tag"
    ),
    "manager_id": (
        "manager id|manager number|manager employee id|manager employee number|supervisor id|line manager id"
        "|reports to id|manager no|matricule manager|matricule responsable|id manager|id responsable"
        "|matricule du manager|matricule du responsable|matricule n 1"
        "|vorgesetzter personalnummer|personalnummer vorgesetzter|vorgesetzten id|vorgesetzter id"
        "|fuhrungskraft id|personalnummer fuhrungskraft|personalnummer des vorgesetzten"
    ),
    "manager_email": (
        "manager email|manager e mail|manager mail|supervisor email|line manager email|line manager e mail"
        "|reports to email|manager work email|manager email address"
        "|email manager|email du manager|e mail manager|mail manager|email responsable|mail du manager"
        "|email du responsable|mail responsable|email n 1"
        "|vorgesetzter e mail|e mail vorgesetzter|e mail des vorgesetzten|e mail fuhrungskraft"
        "|fuhrungskraft e mail"
    ),
    "job_title": (
        "job title|title|position|job|role|job role|position title|job name|function|occupation"
        "|poste|intitule de poste|intitule du poste|fonction|emploi|titre|metier|libelle emploi"
        "|stelle|stellenbezeichnung|berufsbezeichnung|funktion|jobtitel|tatigkeit|positionsbezeichnung"
    ),
    "department": (
        "department|dept|department name|division|business unit|org unit|organisational unit"
        "|service|departement|direction|pole|unite|abteilung|bereich|fachbereich|organisationseinheit"
    ),
    "team": "team|team name|squad|group|equipe|groupe|gruppe|mannschaft",
    "work_location": (
        "work location|location|office|site|workplace|office location|place of work|branch|work site|work city"
        "|lieu de travail|lieu|bureau|site de travail|etablissement|agence|localisation"
        "|arbeitsort|standort|buro|niederlassung|betriebsstatte|dienstort|einsatzort|buero"
    ),
    "country": (
        "country|country code|work country|country of work|pays|code pays|pays de travail|land|landercode"
        "|arbeitsland|staat"
    ),
    "legal_entity": (
        "legal entity|entity|company|company name|employer|legal employer|subsidiary"
        "|entite|entite juridique|entite legale|societe|entreprise|employeur|raison sociale|filiale"
        "|gesellschaft|firma|unternehmen|arbeitgeber|rechtseinheit|mandant"
    ),
    "cost_center": (
        "cost center|cost centre|cost center code|cost centre code|costcenter"
        "|centre de cout|centre de couts|code centre de cout|section analytique|axe analytique|code analytique"
        "|kostenstelle|kst|kostenstellennummer"
    ),
    "employment_type": (
        "employment type|contract type|type of contract|worker type|employee type|type"
        "|type de contrat|nature du contrat|type contrat|contrat|type d emploi"
        "|vertragsart|beschaftigungsart|anstellungsart|vertragstyp|art der beschaftigung|mitarbeitertyp"
    ),
    "language": "language|preferred language|langue|langue preferee|sprache|bevorzugte sprache",
    "time_zone": "time zone|timezone|tz|fuseau horaire|fuseau|zeitzone",
    "bank_account.iban": "iban|iban number|numero iban|iban nummer|code iban|iban salarie",
    "bank_account.bic": "bic|swift|bic swift|swift bic|swift code|bic code|code bic|code swift",
    "bank_account.holder": (
        "account holder|account holder name|account name|titulaire|titulaire du compte|nom du titulaire"
        "|kontoinhaber|kontoinhaberin"
    ),
    "bank_account.account_number": (
        "account number|bank account number|account no|numero de compte|no de compte|kontonummer|kontonr"
    ),
    "bank_account.sort_code": "sort code|sortcode|bank sort code",
    "bank_account.routing_number": "routing number|aba|aba number|routing",
}

BY_NAME: Final[Mapping[str, str]] = {
    spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings.split("|")
}
"""Folded name of a column -> one of ``layout.FIELDS``."""

LAST_NAME_BESIDE_A_FIRST: Final = frozenset({"name", "nom"})
"""The last name if a column of first names is there; else probably the whole name, which nobody can take apart."""

MANAGER: Final = frozenset(
    "manager|line manager|supervisor|reports to|direct manager|responsable|responsable hierarchique|n 1"
    "|superieur|superieur hierarchique|vorgesetzter|vorgesetzte|vorgesetzte r|fuhrungskraft|fachvorgesetzter".split(
        "|"
    )
)
"""May hold an employee number, an e-mail address or a name: what stands in it tells."""
