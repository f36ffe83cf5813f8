"""C++ as far as mutation needs it: tokens, brackets, and which of them stand in the body of a function."""
import re
from dataclasses import dataclass

PATTERN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<preprocessor>^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*)'
    r'|(?P<string>(?:u8)?R"(?P<tag>[^(]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
    r'|(?P<number>\.?\d(?:[eEpP][+-]|[\w.\'])*)'
    r'|(?P<name>[A-Za-z_]\w*)'
    r'|(?P<sign><<=|>>=|\.\.\.|<=>|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|::|[^\s\w])',
    re.DOTALL | re.MULTILINE)
CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass
class Token:
    kind: str
    text: str
    start: int
    end: int
    spaced: bool = False  # white space on both sides, which clang-format gives binary operators alone
    partner: int = -1     # of a bracket


class Source:
    """The tokens of a file without comments, and the index ranges that are run: bodies and constructors' initialisers."""

    def __init__(self, text):
        self.text = text
        self.tokens = []
        for match in PATTERN.finditer(text):
            if match.lastgroup in ("comment", "preprocessor") or match.group("comment") or match.group("preprocessor"):
                continue
            kind = next(k for k in ("string", "number", "name", "sign") if match.group(k) is not None)
            start, end = match.span()
            spaced = start > 0 and text[start - 1].isspace() and text[end:end + 1].isspace()
            self.tokens.append(Token(kind, match.group(), start, end, spaced))
        self._match_brackets()
        self.functions = []  # (first token, last token, name)
        self._find_functions(0, len(self.tokens), "")

    def _match_brackets(self):
        stack = []
        for i, token in enumerate(self.tokens):
            if token.kind != "sign":
                continue
            if token.text in "([{":
                stack.append(i)
            elif token.text in CLOSING:
                opening = stack.pop()
                token.partner, self.tokens[opening].partner = opening, i

    def _find_functions(self, begin, end, scope):
        """In the declarations between two tokens."""
        head = begin
        i = begin
        while i < end:
            text = self.tokens[i].text
            if text == "(" or text == "[":
                i = self.tokens[i].partner
            elif text == ";" or (text == ":" and self.tokens[i - 1].text in ("public", "private", "protected")):
                head = i + 1
            elif text == "{":
                close = self.tokens[i].partner
                words = [t.text for t in self.tokens[head:i]]
                if self.tokens[i - 1].text not in (")", "const", "override", "noexcept", "}", ">", "else") \
                        and any(w in ("namespace", "class", "struct") for w in words) and "(" not in words:
                    self._find_functions(i + 1, close, self._scope_name(words, scope))
                    head = close + 1
                elif "(" in words and "=" not in words[:words.index("(")]:
                    i = close = self._body(head, i, words, scope)
                    head = close + 1
                i = close
            i += 1

    @staticmethod
    def _scope_name(words, scope):
        for keyword in ("class", "struct"):
            if keyword in words:
                return words[words.index(keyword) + 1]
        return scope

    def _body(self, head, brace, words, scope):
        """Notes a function whose parameters begin in `words`; the first brace may belong to an initialiser."""
        parameters = head + words.index("(")
        name = self.tokens[parameters - 1].text
        if "operator" in words:
            name = "operator"
        if name.isupper() or name.startswith("MINNOW_"):
            name = self.piece(parameters - 1, self.tokens[parameters].partner)
        if self.tokens[parameters - 2].text == "::":
            begin = parameters - 3
            while self.tokens[begin - 1].end == self.tokens[begin].start:
                begin -= 1
            scope = self.piece(begin, parameters - 3)
        first = self.tokens[parameters].partner + 1
        close = self.tokens[brace].partner
        while close + 1 < len(self.tokens) and self.tokens[close + 1].text in (",", "{"):  # a(b), c{d} {
            close = self.tokens[self._next_brace(close + 1)].partner
        if "constexpr" not in words and "consteval" not in words:
            self.functions.append((first, close, f"{scope}::{name}" if scope else name))
        return close

    def _next_brace(self, i):
        while self.tokens[i].text != "{":
            i += 1
        return i

    def piece(self, first, last):
        """The text of tokens first to last, on one line and without comments."""
        parts = []
        for i in range(first, last + 1):
            if i > first and self.text[self.tokens[i - 1].end:self.tokens[i].start]:
                parts.append(" ")
            parts.append(self.tokens[i].text)
        return "".join(parts)

    def line(self, position):
        return self.text.count("\n", 0, position) + 1

    def line_text(self, position):
        begin = self.text.rfind("\n", 0, position) + 1
        end = self.text.find("\n", position)
        return " ".join(self.text[begin:end if end >= 0 else len(self.text)].split())
