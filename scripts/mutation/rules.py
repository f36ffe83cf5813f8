"""The mutants: each rule finds places in a function's body and says what to put there instead."""
from dataclasses import dataclass

PRECEDENCE = {"||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7, "<<": 9,
              ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11}
ENDS = {";", ",", "?", ":", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", "return", "case", "else", "co_return"}
OTHER = {"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="], "+": ["-"], "-": ["+"],
         "*": ["+"], "/": ["*"], "%": ["/"], "&&": ["||"], "||": ["&&"], "|": ["&"], "&": ["|"]}
RULE_OF = {**dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), "comparison"),
           **dict.fromkeys(("+", "-", "*", "/", "%"), "arithmetic"), **dict.fromkeys(("&&", "||", "|", "&"), "logic")}
WORDS = {"min": "max", "max": "min", "smin": "smax", "smax": "smin", "any_of": "all_of", "all_of": "any_of",
         "none_of": "any_of", "ceil_div": "floor_div"}
# Calls in which the order of the last two arguments matters.
SWAPPED = {"CreateSub", "CreateSDiv", "CreateSRem", "CreateICmpSLT", "CreateICmpULT", "CreateSelect", "CreateFSub",
           "CreateFDiv", "CreateICmpSGE", "CreateShuffleVector", "sub", "div", "lt", "le", "select", "pow", "compare",
           "replace_uses", "set", "dot", "exceeds", "loop", "exchange", "get"}
# What these say is for people, is a check of our own, or makes no difference but in time.
SPEECH = {"MINNOW_CHECK", "fail", "say", "format", "static_assert", "check_failed", "refuse", "log_refusal",
          "Align", "reserve", "optimize"}


@dataclass
class Site:
    """A piece of a file, from token to token, and what a mutant has in its place."""
    first: int
    last: int
    rule: str
    mutated: str
    is_statement: bool = False
    function: str = ""


class Finder:
    def __init__(self, source):
        self.source = source
        self.tokens = source.tokens
        self.sites = []

    def text(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def find(self):
        for first, last, name in self.source.functions:
            before = len(self.sites)
            self.in_function(first, last)
            for site in self.sites[before:]:
                site.function = name
        return self.sites

    def in_function(self, first, last):
        i = first
        while i <= last:
            skipped = self.skip(i)
            if skipped > i:
                i = skipped
                continue
            self.at(i)
            i += 1

    def skip(self, i):
        """Behind what has to be constant, or is only said; `i` where it is neither."""
        text = self.text(i)
        if text in ("constexpr", "static_assert", "using", "case", "typedef"):
            while self.text(i) not in (";", ":", "{") or (text != "case" and self.text(i) != ";"):
                if self.text(i) in ("(", "{", "["):
                    i = self.tokens[i].partner
                i += 1
            return i + 1
        if text in SPEECH and self.text(i + 1) == "(":
            return self.tokens[i + 1].partner + 1
        if text == "MINNOW_ASSIGN":  # what it declares
            while self.text(i) != ",":
                i += 1
            return i
        if text == "[" and self.text(i + 1) == "[":
            return self.tokens[i].partner + 1
        if text == "<" and not self.tokens[i].spaced and self.tokens[i - 1].kind == "name":
            depth = 0
            for j in range(i, min(i + 60, len(self.tokens))):
                if self.text(j) in ("<", ">") and not self.tokens[j].spaced:
                    depth += 1 if self.text(j) == "<" else -1
                if depth == 0:
                    return j + 1
                if self.text(j) in (";", "{"):
                    break
        return i

    def begins_statement(self, i):
        before = self.text(i - 1)
        if before == ")":
            return self.text(self.tokens[i - 1].partner - 1) in ("if", "for", "while")
        return before in (";", "{", "}", "else")

    def at(self, i):
        token = self.tokens[i]
        if token.kind == "sign" and token.spaced and token.text in OTHER:
            self.operator(i)
        elif token.kind == "number":
            self.number(i)
        elif token.kind == "name":
            self.word(i)
        if self.begins_statement(i):
            self.statement(i)

    def left(self, i, precedence):
        """The first token of an operator's left operand."""
        j = i - 1
        while True:
            text = self.text(j)
            if text in (")", "]", "}"):
                opening = self.tokens[j].partner
                if text == "}" and self.text(opening - 1) in (")", ";", "{", "}", "else", "const"):
                    return j + 1
                if text == ")" and self.text(opening - 1) in ("if", "while", "for", "switch"):
                    return j + 1
                j = opening - 1
                continue
            if text in ("(", "[", "{") or text in ENDS:
                return j + 1
            if self.tokens[j].spaced and PRECEDENCE.get(text, 99) < precedence:
                return j + 1
            j -= 1

    def right(self, i, precedence):
        """The last token of an operator's right operand."""
        j = i + 1
        while True:
            text = self.text(j)
            if text in ("(", "[", "{"):
                j = self.tokens[j].partner + 1
                continue
            if text in (")", "]", "}") or text in ENDS:
                return j - 1
            if self.tokens[j].spaced and PRECEDENCE.get(text, 99) <= precedence:
                return j - 1
            j += 1

    def operator(self, i):
        operator = self.text(i)
        precedence = PRECEDENCE[operator]
        first, last = self.left(i, precedence), self.right(i, precedence)
        if first >= i or last <= i:
            return
        a, b = self.source.piece(first, i - 1), self.source.piece(i + 1, last)
        if '"' in a + b:
            return
        for other in OTHER[operator]:
            self.add(first, last, RULE_OF[operator], f"{a} {other} {b}")
        if operator == "<" and self.is_loop_bound(first):
            self.add(first, last, "tail", f"{a} + 1 < {b}")
        if operator in ("-", "/", "%") and a != b:
            self.add(first, last, "swap", f"({b}) {operator} ({a})")

    def is_loop_bound(self, first):
        """Whether what begins there is the condition of a for loop."""
        j = first - 2
        while self.text(j) not in (";", "{", "}", "(") or self.text(j) == "(":
            if self.text(j) == "(":
                return self.text(j - 1) == "for" and self.text(first - 1) == ";"
            if self.text(j) in (")", "]", "}"):
                j = self.tokens[j].partner
            j -= 1
        return False

    def number(self, i):
        before, after = self.text(i - 1), self.text(i + 1)
        if before in ("<", "case") and not self.tokens[i - 1].spaced:
            return
        if after == ">" and not self.tokens[i + 1].spaced:
            return
        if before == "[" and self.tokens[i - 2].kind == "name" and after == "]" and self.text(i + 2) in ("=", ";"):
            return
        text = self.text(i)
        self.add(i, i, "constant", f"({text} + 1)")

    def word(self, i):
        text = self.text(i)
        if text in ("true", "false"):
            self.add(i, i, "constant", "false" if text == "true" else "true")
        elif text == "if" and self.text(i + 1) == "(":
            self.condition(i + 1)
        elif text in WORDS and self.text(i + 1) in ("(", "<", ",", ")") and self.text(i - 1) in ("::", "."):
            self.other_word(i)
        if text in SWAPPED and self.text(i + 1) == "(":
            self.swap_arguments(i)
        if text == "index" and self.text(i + 1) == "(" and self.text(i - 1) in (".", "->"):
            close = self.tokens[i + 1].partner
            if close > i + 2 and self.tokens[i + 2].kind != "number":
                self.add(i + 2, close - 1, "bound", f"({self.source.piece(i + 2, close - 1)}) - 1")

    def condition(self, opening):
        first, last = opening + 1, self.tokens[opening].partner - 1
        j = first
        while j <= last:
            if self.text(j) in ("(", "[", "{"):
                j = self.tokens[j].partner
            elif self.text(j) == ";":
                first = j + 1
            j += 1
        if any(self.text(j) == "=" for j in range(first, last + 1)):
            return
        self.add(first, last, "condition", f"!({self.source.piece(first, last)})")

    def other_word(self, i):
        """The whole call with another function's name, or the name alone where it is no function of ours."""
        text = self.text(i)
        begin = i
        while self.text(begin - 1) == "::" and self.tokens[begin - 2].kind == "name":
            begin -= 2
        end = i
        j = i + 1
        if self.text(j) == "<":
            while self.text(j) != ">":
                j += 1
            j += 1
        if self.text(j) == "(":
            end = self.tokens[j].partner
        if self.text(i - 1) == ".":  # a member: the object belongs to it
            return
        name, rest = self.source.piece(begin, i - 1) if begin < i else "", ""
        rest = self.source.piece(i + 1, end) if end > i else ""
        self.add(begin, end, "bound", f"{name}{WORDS[text]}{rest}")

    def arguments(self, opening):
        """First and last token of each argument."""
        found, first, j = [], opening + 1, opening + 1
        close = self.tokens[opening].partner
        while j <= close:
            if self.text(j) in ("(", "[", "{"):
                j = self.tokens[j].partner
            elif j == close or self.text(j) == ",":
                if j > first:
                    found.append((first, j - 1))
                first = j + 1
            j += 1
        return found

    def swap_arguments(self, i):
        arguments = self.arguments(i + 1)
        if len(arguments) < 2:
            return
        (a, b), (c, d) = arguments[-2:]
        if self.text(i) in ("loop", "set", "get"):
            (a, b), (c, d) = arguments[:2]
        if any(self.text(j) == "[" and self.text(j + 1) in ("&", "=", "]") for j in range(c, d)):
            return
        x, y = self.source.piece(a, b), self.source.piece(c, d)
        if x == y:
            return
        begin = i
        while self.text(begin - 1) in (".", "->", "::"):
            begin -= 2
            if self.text(begin + 1) in (".", "->") and self.text(begin) in (")", "]"):
                begin = self.tokens[begin].partner - 1
        close = self.tokens[i + 1].partner
        middle = self.source.piece(b + 1, c - 1)
        tail = self.source.piece(d + 1, close)
        head = self.source.piece(begin, a - 1)
        head += " " if head.endswith(",") else ""
        self.add(begin, close, "swap", f"{head}{y}{middle} {x}{tail}")

    def statement(self, i):
        """An expression, break, continue or return that can be left out."""
        if self.text(i) in ("break", "continue", "return") and self.text(i + 1) == ";":
            return self.add(i, i + 1, "statement", "", True)
        j = i
        while self.text(j) in ("++", "--", "*"):
            j += 1
        if self.tokens[j].kind != "name" or self.text(j) in ("return", "if", "for", "while", "else", "case", "switch",
                                                             "using", "const", "static", "constexpr", "auto", "do",
                                                             "default", "struct", "break", "continue", "template"):
            return None
        if self.text(j).startswith("MINNOW_"):
            return None
        while True:
            text, following = self.text(j), self.text(j + 1)
            if following in ("(", "["):
                j = self.tokens[j + 1].partner
            elif following in ("::", ".", "->"):
                j += 2
            elif following in ("=", "+=", "-=", "*=", "/=", "|=", "&=", "++", "--", ";", "<<"):
                break
            else:
                return None
            if text == "":
                return None
        if self.text(i) in SPEECH:
            return None
        j += 1
        while self.text(j) != ";":
            if self.text(j) in ("(", "[", "{"):
                j = self.tokens[j].partner
            elif self.text(j) in (")", "}", "]"):
                return None
            j += 1
        return self.add(i, j, "statement", "", True)

    def add(self, first, last, rule, mutated, is_statement=False):
        self.sites.append(Site(first, last, rule, mutated, is_statement))
