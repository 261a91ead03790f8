"""Short texts about four things, written for these tests: English to learn from, others to predict."""

TRAIN = {
    "weather": [
        "It will rain all day tomorrow.",
        "The sun is shining and there is not a cloud in the sky.",
        "A cold wind blows from the north.",
        "Snow is expected in the mountains tonight.",
        "The storm tore roofs off several houses.",
        "Thick fog made it hard to see the road.",
        "It is too hot to go outside this afternoon.",
        "The forecast says thunder and hail.",
    ],
    "food": [
        "She baked a chocolate cake for the party.",
        "The soup needs more salt and pepper.",
        "We had grilled fish with rice for dinner.",
        "Cut the onions and fry them in butter.",
        "This restaurant serves the best noodles in town.",
        "I drink two cups of coffee every morning.",
        "The bread is fresh from the oven.",
        "He cannot eat nuts or cheese.",
    ],
    "sport": [
        "Our team won the match by three goals.",
        "She runs ten kilometres every weekend.",
        "The goalkeeper saved a penalty in the last minute.",
        "He broke the world record in swimming.",
        "The tennis final was postponed.",
        "They trained hard for the championship.",
        "The coach was unhappy with the defence.",
        "The cyclists climbed the last hill together.",
    ],
    "money": [
        "The bank charged me a fee for the transfer.",
        "My salary is paid at the end of the month.",
        "She wants to open a savings account.",
        "The price of the shares fell yesterday.",
        "He borrowed five thousand euros for a car.",
        "The invoice has to be paid within two weeks.",
        "My credit card was declined at the shop.",
        "Interest rates are going up again.",
    ],
}
TEST = {
    "fr": {
        "weather": "Il va neiger demain matin.",
        "food": "Cette soupe aux légumes est délicieuse.",
        "sport": "L'équipe a gagné la finale de football.",
        "money": "La banque a augmenté les frais de mon compte.",
    },
    "de": {
        "weather": "Morgen soll es stark regnen.",
        "food": "Das Brot und der Käse schmecken gut.",
        "sport": "Der Torwart hat den Elfmeter gehalten.",
        "money": "Die Rechnung muss bis Freitag bezahlt werden.",
    },
    "zh": {
        "weather": "明天会下大雨。",
        "food": "晚饭我们吃了米饭和鱼。",
        "sport": "我们的球队赢得了比赛。",
        "money": "银行收取了转账费用。",
    },
    "ru": {
        "weather": "Завтра будет сильный снег и ветер.",
        "food": "Она испекла шоколадный торт.",
        "sport": "Команда выиграла матч со счётом три ноль.",
        "money": "Я хочу открыть сберегательный счёт в банке.",
    },
}
ABOUT_NOTHING_OF_IT = [
    "The parser reads the file and returns a syntax tree.",
    "Der König unterzeichnete den Vertrag im Jahre 1648.",
    "Cette espèce de papillon vit dans les forêts tropicales.",
    "The violinist tuned her instrument before the concert.",
]


def training() -> tuple[list[str], list[str]]:
    """Texts and labels."""
    pairs = [(text, label) for label, texts in TRAIN.items() for text in texts]
    return [text for text, _ in pairs], [label for _, label in pairs]


def testing() -> tuple[list[str], list[str], list[str]]:
    """Texts, labels and languages."""
    rows = [(text, label, lang) for lang, texts in TEST.items() for label, text in texts.items()]
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]
