"""Protobuf text, as far as model files use it, without the schema."""
import re

TOKEN = re.compile(r"""\s+ | \#[^\n]* | (?P<token> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [{}\[\]:,;] | [^\s{}\[\]:,;"'\#]+)""",
                   re.VERBOSE)
KEYWORDS = {"true": True, "false": False}


def tokens_of(text):
    return [match["token"] for match in TOKEN.finditer(text) if match["token"]]


def scalar(token):
    """A string, a number, a truth value, or the name of an enum's value."""
    if token[0] in "\"'":
        return token[1:-1]
    if token in KEYWORDS:
        return KEYWORDS[token]
    for number in (int, float):
        try:
            return number(token)
        except ValueError:
            pass
    return token


def parse_value(tokens):
    token = tokens.pop(0)
    return parse_fields(tokens) if token == "{" else scalar(token)


def parse_values(tokens):
    """One value, or several in brackets."""
    if tokens[0] != "[":
        return [parse_value(tokens)]
    tokens.pop(0)
    values = []
    while tokens[0] != "]":
        values.append(parse_value(tokens))
        if tokens[0] == ",":
            tokens.pop(0)
    tokens.pop(0)
    return values


def parse_fields(tokens):
    """Up to the closing brace, or to the end of the file."""
    message = {}
    while tokens:
        name = tokens.pop(0)
        if name == "}":
            break
        if name in ",;":
            continue
        if tokens[0] == ":":
            tokens.pop(0)
        message.setdefault(name, []).extend(parse_values(tokens))
    return message


def parse(text):
    """A message as a dictionary from names to lists of values; messages within it likewise."""
    return parse_fields(tokens_of(text))


def one(message, name, default=None):
    """The value of a field that is not repeated."""
    return message[name][-1] if name in message else default
