"""Names of made-up people, by the country of their office, and the odd ones that break careless programs."""

import unicodedata

_SPECIAL = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "đ": "d", "'": "", "’": ""}
)

FIRST: dict[str, list[str]] = {
    "FR": (
        "Adèle Agathe Alix Amélie Anaïs Antoine Apolline Aurélien Basile Bastien Benoît Camille "
        "Capucine Céline Chloé Clément Clémence Corentin Damien Élodie Éloïse Étienne Fabien Florian "
        "Gaëlle Gaspard Hélène Honoré Inès Jérôme Joséphine Julien Léa Loïc Lucie Margaux Mathis Maëlys "
        "Noémie Océane Quentin Raphaël Romane Sébastien Solène Thibault Valentin Yann Zoé"
    ).split(),
    "GB": (
        "Abigail Aidan Alfie Amelia Angus Aoife Beatrice Callum Catriona Charlotte Daisy Declan Dylan "
        "Edith Eleanor Ewan Finlay Freya Gareth Georgina Gwen Harriet Hugo Imogen Isla Jasper Jemima "
        "Kieran Lachlan Lottie Mabel Megan Nia Niamh Oliver Oscar Poppy Priya Rhys Rosie Rupert Saffron "
        "Sanjay Seren Tobias Violet Winston Yusuf"
    ).split(),
    "DE": (
        "Anke Annika Bernd Björn Carsten Dörte Elke Emil Friederike Fritz Gesa Greta Hanna Heiko "
        "Henning Ida Ingo Jannik Jörg Jürgen Karla Katja Käthe Lars Lena Lotte Malte Marlene Mats Merle "
        "Nele Ole Paula Ralf Rieke Sönke Svenja Tilda Tjark Torben Ulrike Uwe Wiebke Yannick Yasemin "
        "Zeynep"
    ).split(),
    "ES": (
        "Aitana Alba Álvaro Amparo Andrés Ángel Begoña Carmen Concha Diego Elena Emilio Encarna Fermín "
        "Gonzalo Héctor Hugo Inés Íñigo Iria Javier Jimena Joaquín José Lola Lucía Macarena Manuel "
        "María Martín Mónica Nerea Nicolás Noa Óscar Pablo Pilar Ramón Raúl Rocío Rubén Sofía Tomás "
        "Triana Vega Xabier Ximena Yago"
    ).split(),
}
LAST: dict[str, list[str]] = {
    "FR": (
        "Arnoux Aubertin Barbançon Bellanger Besnard Boisvert Bréhat Cazenave Chabrol Charrière Coudray "
        "Couturier Delaunay Delmas Desrosiers Dufresnoy Escoffier Faucheux Forestier Gaillard Garnault "
        "Guérin Hamelin Jaubert Kerguélen Lacombe Langlade Laroche Lavergne Lefébure Lemoigne Maillard "
        "Marchand Montagné Nadaud Noblecourt Orsini Pasquier Pélissier Quillien Rivoire Roussel "
        "Sabatier Saulnier Taillefer Thévenet Vasseur Verdier Vuillemin"
    ).split(),
    "GB": (
        "Abernathy Ashdown Atherton Barraclough Blackwood Braithwaite Calloway Carrick Chaudhry "
        "Cotterill Dalrymple Davenport Ellery Fairweather Fenwick Galbraith Garside Hargreaves "
        "Haverstock Hollis Ibbotson Jessop Kapoor Kettlewell Lockhart Loxley Marchmont Mostyn Nettleton "
        "Okafor Ormerod Penhaligon Pritchard Quigley Rackham Ravenscroft Sedgwick Stanhope Tamblyn "
        "Thackeray Trelawny Underhill Vickers Wadsworth Whitlock"
    ).split(),
    "DE": (
        "Achterberg Ahlers Bäumler Behrendt Birkholz Brüning Claasen Dörfler Ebersbach Eichhorn Falk "
        "Feddersen Gerdes Gösling Hagedorn Heitmann Hölscher Immel Jürgens Kaltenbach Kämmerer Köhnke "
        "Krähenbühl Lindqvist Lüders Mertens Mühlbauer Niehaus Oelrich Ott Pfeifer Plöger Quast "
        "Rademacher Rößler Schäfer Schlüter Sievers Strauß Thiele Uhlig Vogelsang Wöhler Yildirim "
        "Zschoche"
    ).split(),
    "ES": (
        "Aguirre Albarracín Aranda Arévalo Baeza Barrios Bermúdez Cáceres Cárdenas Castaño Cifuentes "
        "Domènech Echeverría Escribano Fajardo Galván Garmendia Herrero Ibáñez Iturbe Jordán Lizarraga "
        "Llorente Machado Mañas Mendizábal Montoya Muñiz Narváez Olmedo Ordóñez Pacheco Peñalver "
        "Quiroga Requena Rincón Salcedo Sanchís Tejedor Ugarte Valcárcel Villalba Yáñez Zaldívar Zubiri"
    ).split(),
}
# first name, last name, and how their address writes them
ODD: list[tuple[str, str, str, str]] = [
    ("Siobhán", "O'Dálaigh", "siobhan", "odalaigh"),
    ("U", "Å", "u", "a"),
    ("Ελένη", "Παπαγεωργίου", "eleni", "papageorgiou"),
    ("ليلى", "الحسيني", "layla", "alhusayni"),
    ("María José", "Fernández de la Vega y Ruiz", "mariajose", "fernandezdelavega"),
    ("Jean-Noël", "de l’Estang", "jeannoel", "delestang"),
    ("Zoe\u0308", "Nun\u0303ez", "zoe", "nunez"),  # combining accents, not the composed letters
    ("Łucja", "Źdźbło-Żak", "lucja", "zdzblo-zak"),
    ("Wilhelmina Alexandrina Theodora", "von und zu Hohenstein-Waldeck", "wilhelmina", "hohenstein"),
    ("Đorđe", "Şimşek", "dorde", "simsek"),
    ("Anne Marie", "MacDonald-NullBy", "annemarie", "nullby"),
    ("Null", "Test", "null", "test"),
]


def ascii_form(name: str) -> str:
    """The name in lower-case ASCII letters and hyphens, as an address writes it; may be empty for other
    alphabets.
    """
    folded = unicodedata.normalize("NFKD", name.lower().translate(_SPECIAL))
    return "".join(letter for letter in folded if letter.isascii() and (letter.isalnum() or letter == "-"))


ASCII_FORMS: dict[str, str] = {
    name: ascii_form(name) for table in (FIRST, LAST) for names in table.values() for name in names
}
