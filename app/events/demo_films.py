"""The demo's films: ten of the public domain. Titles, years, directors and lengths are true.

The age ratings are examples: the ministry rates each copy of a film.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoFilm:
    """`session_minutes`: a screening that is longer than its film, for what is shown along with it."""

    slug: str
    poster: str
    title: str
    title_en: str
    original_title: str
    year: int
    director: str
    duration_minutes: int
    age_rating: str
    age_reasons: tuple[str, str]
    genres: tuple[str, ...]
    genres_en: tuple[str, ...]
    synopsis: str
    synopsis_en: str
    session_minutes: int = 0


FILMS = (
    DemoFilm(
        slug="metropolis",
        poster="metropolis",
        title="Metrópolis",
        title_en="Metropolis",
        original_title="Metropolis",
        year=1927,
        director="Fritz Lang",
        duration_minutes=153,
        age_rating="12",
        age_reasons=("Violência", "Violence"),
        genres=("Ficção científica",),
        genres_en=("Science fiction",),
        synopsis=(
            "Numa cidade de torres, o filho do dono desce às máquinas atrás de uma moça e encontra quem faz a luz lá "
            "de cima acender. Enquanto isso, um inventor dá o rosto dela a um robô."
        ),
        synopsis_en=(
            "In a city of towers, the owner's son follows a young woman down to the machines and meets those who keep "
            "the lights on up there. Meanwhile an inventor gives her face to a robot."
        ),
    ),
    DemoFilm(
        slug="nosferatu",
        poster="nosferatu",
        title="Nosferatu",
        title_en="Nosferatu",
        original_title="Nosferatu, eine Symphonie des Grauens",
        year=1922,
        director="F. W. Murnau",
        duration_minutes=94,
        age_rating="14",
        age_reasons=("Medo, violência", "Fear, violence"),
        genres=("Terror",),
        genres_en=("Horror",),
        synopsis=(
            "Um corretor viaja aos Cárpatos para vender uma casa ao conde Orlok. O conde assina, faz as malas, e a "
            "peste embarca com ele no mesmo navio."
        ),
        synopsis_en=(
            "A clerk travels to the Carpathians to sell a house to Count Orlok. The count signs, packs his boxes of "
            "earth, and the plague sails on the same ship."
        ),
    ),
    DemoFilm(
        slug="limite",
        poster="limite",
        title="Limite",
        title_en="Limite",
        original_title="Limite",
        year=1931,
        director="Mário Peixoto",
        duration_minutes=120,
        age_rating="14",
        age_reasons=("Temas sensíveis", "Sensitive themes"),
        genres=("Drama", "Experimental"),
        genres_en=("Drama", "Experimental"),
        synopsis=(
            "Duas mulheres e um homem num bote, sem remar. O mar não responde; as lembranças, sim. O único longa que "
            "Mário Peixoto terminou, filmado em Mangaratiba."
        ),
        synopsis_en=(
            "Two women and a man adrift in a boat, no longer rowing. The sea does not answer; their memories do. The "
            "only feature that Mário Peixoto finished, shot in Mangaratiba."
        ),
    ),
    DemoFilm(
        slug="viagem-a-lua",
        poster="viagem-a-lua",
        title="Viagem à Lua",
        title_en="A Trip to the Moon",
        original_title="Le Voyage dans la Lune",
        year=1902,
        director="Georges Méliès",
        duration_minutes=14,
        age_rating="L",
        age_reasons=("", ""),
        genres=("Fantasia",),
        genres_en=("Fantasy",),
        synopsis=(
            "Seis astrônomos entram numa bala de canhão e acertam a Lua bem no olho. Na volta da sala, mais três "
            "curtas de Méliès; a sessão toda dura cerca de uma hora."
        ),
        synopsis_en=(
            "Six astronomers climb into a cannon shell and hit the Moon right in the eye. Three more shorts by Méliès "
            "follow; the whole session takes about an hour."
        ),
        session_minutes=60,
    ),
    DemoFilm(
        slug="o-encouracado-potemkin",
        poster="potemkin",
        title="O Encouraçado Potemkin",
        title_en="Battleship Potemkin",
        original_title="Bronenosets Potyomkin",
        year=1925,
        director="Sergei Eisenstein",
        duration_minutes=75,
        age_rating="12",
        age_reasons=("Violência", "Violence"),
        genres=("Drama histórico",),
        genres_en=("Historical drama",),
        synopsis=(
            "A carne vem com vermes, o médico diz que está boa, e os marinheiros tomam o navio. Em Odessa a cidade "
            "desce a escadaria para ver; os soldados descem atrás."
        ),
        synopsis_en=(
            "The meat has worms, the doctor calls it fine, and the sailors take the ship. In Odessa the town comes "
            "down the steps to see them; the soldiers come down behind."
        ),
    ),
    DemoFilm(
        slug="aurora",
        poster="aurora",
        title="Aurora",
        title_en="Sunrise",
        original_title="Sunrise: A Song of Two Humans",
        year=1927,
        director="F. W. Murnau",
        duration_minutes=94,
        age_rating="12",
        age_reasons=("Temas sensíveis", "Sensitive themes"),
        genres=("Drama", "Romance"),
        genres_en=("Drama", "Romance"),
        synopsis=(
            "Um camponês, a mulher dele e uma outra, que veio da cidade. Um passeio de barco que podia acabar mal "
            "vira um dia inteiro de bondes, retrato e baile."
        ),
        synopsis_en=(
            "A farmer, his wife, and another woman, up from the city. A boat trip that might end badly turns into a "
            "whole day of trams, a portrait and a dance."
        ),
    ),
    DemoFilm(
        slug="o-gabinete-do-dr-caligari",
        poster="caligari",
        title="O Gabinete do Dr. Caligari",
        title_en="The Cabinet of Dr. Caligari",
        original_title="Das Cabinet des Dr. Caligari",
        year=1920,
        director="Robert Wiene",
        duration_minutes=77,
        age_rating="12",
        age_reasons=("Medo, violência", "Fear, violence"),
        genres=("Terror",),
        genres_en=("Horror",),
        synopsis=(
            "Na feira de uma cidade torta, o doutor abre um armário e acorda o sonâmbulo Cesare, que prevê mortes. "
            "De noite elas acontecem. Quem conta a história também merece ser ouvido com cuidado."
        ),
        synopsis_en=(
            "At the fair of a crooked town the doctor opens a box and wakes Cesare the sleepwalker, who foretells "
            "deaths. At night they come true. Mind, too, who is telling the story."
        ),
    ),
    DemoFilm(
        slug="a-paixao-de-joana-darc",
        poster="joana-darc",
        title="A Paixão de Joana d’Arc",
        title_en="The Passion of Joan of Arc",
        original_title="La Passion de Jeanne d’Arc",
        year=1928,
        director="Carl Theodor Dreyer",
        duration_minutes=97,
        age_rating="12",
        age_reasons=("Violência, temas sensíveis", "Violence, sensitive themes"),
        genres=("Drama histórico",),
        genres_en=("Historical drama",),
        synopsis=(
            "Um julgamento, quase só em rostos. Os juízes perguntam para que ela se perca; ela responde para se "
            "salvar. Falconetti, no papel que ninguém mais precisou refazer."
        ),
        synopsis_en=(
            "A trial, told almost only in faces. The judges ask so that she may stumble; she answers to be saved. "
            "Falconetti in the part that nobody has had to play again."
        ),
    ),
    DemoFilm(
        slug="a-general",
        poster="o-general",
        title="A General",
        title_en="The General",
        original_title="The General",
        year=1926,
        director="Buster Keaton, Clyde Bruckman",
        duration_minutes=78,
        age_rating="L",
        age_reasons=("", ""),
        genres=("Comédia", "Aventura"),
        genres_en=("Comedy", "Adventure"),
        synopsis=(
            "Johnnie tem dois amores: Annabelle e a locomotiva General. Roubam as duas no mesmo dia, e ele sai atrás, "
            "sem mudar de cara, por trilhos, pontes e canhões."
        ),
        synopsis_en=(
            "Johnnie has two loves: Annabelle, and an engine called the General. Both are stolen on one day, and he "
            "goes after them, straight-faced, over rails, bridges and cannons."
        ),
    ),
    DemoFilm(
        slug="o-garoto",
        poster="o-garoto",
        title="O Garoto",
        title_en="The Kid",
        original_title="The Kid",
        year=1921,
        director="Charlie Chaplin",
        duration_minutes=68,
        age_rating="L",
        age_reasons=("", ""),
        genres=("Comédia", "Drama"),
        genres_en=("Comedy", "Drama"),
        synopsis=(
            "Um vagabundo acha um bebê na rua e fica com ele. Cinco anos depois são sócios: o menino quebra as "
            "janelas, ele passa vendendo vidros. Até que aparece quem queira o menino de volta."
        ),
        synopsis_en=(
            "A tramp finds a baby in the street and keeps it. Five years on they are partners: the boy breaks the "
            "windows, he comes by selling panes. Until somebody wants the boy back."
        ),
    ),
)
