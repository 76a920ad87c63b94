"""A guess of the encoding of a text that states none and is not UTF-8.

Names, units and comments of a model are few and short, too short for the statistics of a general
detector. So each encoding is judged by what its text would be: words of one script with the
signs that its languages use most, between the ASCII letters where the script allows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

USUAL = "cp1252"
# how much better than the usual encoding another one must be, and how good at least
_MARGIN, _LEAST = 0.08, 0.45
_RARE = {"cp1250": 0.94, "mac_roman": 0.95, "euc_jp": 0.95, "koi8-r": 0.85}
_MOST = 20_000  # bytes that are judged
_KANA = (
    "のにはをがとでもしいるれたてなっかりらくまアイウエオカキクケコサシスセソタチツテトナニネノハヒフヘホ"
    "マミムメモヤユヨラリルレロワンガギグゲゴザジズゼゾダデドバビブベボパピプペポァィゥェォャュョッー"
)
_HAN_JAPANESE = (
    "人口出生死亡率数量時間単位値初期定数年月日増加減少変化価格費用在庫生産消費需要供給投資資本労働者"
    "企業市場政府収入支出所得税金土地住宅都市地域交通環境汚染水資源電力計算表関流合平均最大小割売上利益"
)
_HAN_SIMPLE = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多"
    "天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把"
    "人口出生死亡率数量时间单位值初始常变化增加减少长价格成本库存需求供给产消费投资劳动力企业市场政府收入支税土住房城区域交通环境污染"
    "水源电能耗碳排放系速度平均总计比例因素影响函表积累流存货订单员工"
)
_HAN_TRADITIONAL = (
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多"
    "天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進把"
    "人口出生死亡率數量時間單位值初始常變化增加減少長價格成本庫存需求供給產消費投資勞動力企業市場政府收入支稅土住房城區域交通環境污染"
    "水源電能耗碳排放係速度平均總計比例因素影響函表積累流存貨訂單員工"
)
_HANGUL = (
    "이다는에의을가하고지로은도기를사리나자어시한인대일아스정부수해그전만제성용상장정소보비과주구원동공연세유적조경와해으니서있"
    "거라게들면여것방당국회선생산화개발시간단위초값변율출사망증감재노력요급투본업격률량계관신토택역통환오염물전표균최총교농"
)
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґў"
_GREEK = "αοιετσνηυρπκμλςίόάγέδήωχθφύβξζώψϊϋΐΰ"
_ACCENTED = "άέήίόύώΐΰ"
# the letters with accents of each language
_LATIN_1 = "äöüß éèàçêâîôûùëïœ áéíóúñü áâãàçéêíóôõú æøåé åäöé àèéìòù".split()
_LATIN_2 = "ąćęłńóśźż áčďéěíňóřšťúůýž áéíóöőúüű ăâîşţ čćđšž äöüß".split()
_SIGNS = "°€–—‘’“”„²³½¼·×µ§©®ªº…•«»£±¿¡†"
_WORD = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")
# a sign among letters or beside another one, as no writer sets it
_ODD = re.compile(r"[^\W\d_][^\w\s'’][^\W\d_]|[^\w\s\x00-\x7f]{2}")


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """Letters of a script of its own, the most frequent first; words do not mix with ASCII."""

    letters: str

    def value(self, word: str) -> float:
        own = [self.letters.find(c.lower()) for c in word]
        if len(word) == 1 and own[0] < 0:
            return 0.4 if word in _SIGNS + "№" else 0.1
        if min(own) < 0 or not (word.islower() or word.isupper() or word.istitle()):
            return 0.1
        accents = sum(c in _ACCENTED for c in word.lower())
        if word.islower() and len(word) > 2 and self.letters is _GREEK and accents != 1:
            return 0.4  # each word of Greek has one
        rank = sum(own) / len(own) / len(self.letters)
        return (1.05 - 0.7 * rank) * (0.9 if word.isupper() else 1) * (0.6 if len(word) == 1 else 1)


@dataclass(frozen=True, slots=True)
class _Accents:
    """Letters with accents among ASCII letters; a word is in one language."""

    languages: list[str]

    def value(self, word: str) -> float:
        if len(word) == 1:
            if word in _SIGNS:
                return 0.8
            return 0.6 if word.lower() in "àéáóíúêôâäöåøæñ" else 0.15
        odd = [c.lower() for c in word if not c.isascii()]
        known = max(sum(c in letters for c in odd) for letters in self.languages) / len(odd)
        known **= 2
        share = len(odd) / len(word)
        run = max(map(len, re.findall(r"[^\x00-\x7f]+", word)))
        fits = word.islower() or word.isupper() or word[1:].islower()
        if run > 2 or (share > 0.5 and len(word) > 2) or not fits:
            return 0.1 * known
        return known * (0.95 if run == 1 else 0.8) * (0.9 if len(word) == 2 else 1)


@dataclass(frozen=True, slots=True)
class _Signs:
    """Signs of a script of thousands: common ones, and ranges that hold most others."""

    often: str
    ranges: str

    def value(self, word: str) -> float:
        found = 0.0
        for sign in word:
            if sign in self.often:
                found += 1.0
            elif re.match(f"[{self.ranges}]", sign):
                found += 0.55
            elif re.match("[　-〟！-～]", sign):
                found += 0.5
        return found / len(word)


_CANDIDATES: dict[str, _Alphabet | _Accents | _Signs] = {
    USUAL: _Accents(_LATIN_1),
    "cp1251": _Alphabet(_CYRILLIC),
    "cp932": _Signs(_KANA + _HAN_JAPANESE, "ぁ-ゖァ-ー"),
    "gb18030": _Signs(_HAN_SIMPLE, "　"),
    "cp950": _Signs(_HAN_TRADITIONAL, "　"),
    "cp949": _Signs(_HANGUL, "　"),
    "cp1250": _Accents(_LATIN_2),
    "cp1253": _Alphabet(_GREEK),
    "mac_roman": _Accents(_LATIN_1),
    "euc_jp": _Signs(_KANA + _HAN_JAPANESE, "ぁ-ゖァ-ー"),
    "koi8-r": _Alphabet(_CYRILLIC),
}
# in the two-byte sets of characters by frequency, the lead bytes of the first level
_FIRST_LEVEL = {
    "gb18030": re.compile(rb"[\xb0-\xd7][\xa1-\xfe]"),
    "cp950": re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]"),
    "cp932": re.compile(rb"[\x88-\x97][\x40-\xfc]"),
    "euc_jp": re.compile(rb"[\xb0-\xcf][\xa1-\xfe]"),
    "cp949": re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"),
}


def guessed(content: bytes) -> str:
    """The most likely encoding of bytes that are not UTF-8; Windows-1252 where none is clear.

    UTF-8 where most of its parts are, so that only some bytes are faulty.
    """
    lines = [line for line in re.split(rb"[\r\n]+", content) if not line.isascii()]
    sample = b"\n".join(dict.fromkeys(lines))[:_MOST]
    text = sample.decode("utf-8", "replace")
    faulty = text.count("�")
    if sum(not c.isascii() for c in text) > max(3 * faulty, faulty + 2):
        return "utf-8"
    values = {name: _value(sample, name) * _RARE.get(name, 1) for name in _CANDIDATES}
    best = max(values, key=lambda name: values[name])
    clear = values[best] >= _LEAST and values[best] >= values[USUAL] + _MARGIN
    return best if clear else USUAL


def _value(sample: bytes, name: str) -> float:
    """How good the text is in an encoding, from 0 to 1."""
    text = sample.decode(name, "surrogateescape")
    judge, level = _CANDIDATES[name], _FIRST_LEVEL.get(name)
    found = size = 0.0
    for match in _WORD.finditer(text):
        word, at = match.group(), match.start()
        if word.isascii():
            continue
        weight = sum(not c.isascii() for c in word)
        size += weight
        if any("\udc80" <= c <= "\udcff" for c in word):
            continue
        value = judge.value(word)
        if len(word) == 1 and not word.isalpha() and _ODD.search(text, max(at - 1, 0), at + 2):
            value = 0.2
        if level is not None:
            own = word.encode(name, "ignore")
            count = len(level.findall(own))
            value = max(value, (value + 0.55 * count / weight) / (1 if value == 0 else 1.55))
        found += weight * value
    return found / size if size else 0.0
