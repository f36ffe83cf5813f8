"""A model file's blocks put in the place of what uses them, as Minnow does when it loads one (frontend/load/expand_blocks.h).
Files are taken to be right; layers stand in order of computation."""
import copy

from model_file import one, tokens_of, parse_values

OF_THE_USE = ("name", "inputs", "share", "share_transposed", "use")


def value_of(text):
    """The values behind the = of an assignment."""
    listed = text.strip().startswith(("[", "{", '"')) or "," not in text
    return parse_values(tokens_of(text if listed else f"[{text}]"))


def assign(layers, path, value):
    """Sets LAYER.KIND.FIELD; behind a use, what it is to set."""
    layer = max((layer for layer in layers if path.startswith(one(layer, "name") + ".")), key=lambda l: len(one(l, "name")))
    *messages, field = path[len(one(layer, "name")) + 1:].split(".")
    if "use" in layer and (messages or [field])[0] not in OF_THE_USE:
        rest = ".".join((*messages, field))
        one(layer, "use").setdefault("set", []).append(f"{rest}={value}")
        return
    message = layer
    for name in messages:
        message = message.setdefault(name, [{}])[0]
    message[field] = value_of(value)


def copy_of(block, use, number):
    """The block's layers with what the use sets in copy `number`."""
    layers = copy.deepcopy(block["layers"])
    parameters = {one(parameter, "name"): parameter for parameter in block.get("parameters", [])}
    given = [(name, str(one(parameter, "value"))) for name, parameter in parameters.items() if "value" in parameter]
    for assignment in use.get("set", []):
        path, _, value = assignment.partition("=")
        head, _, rest = path.partition(".")
        if "repeat" in use and head.isdigit():
            if int(head) != number:
                continue
            path = rest
        given.append((path, value))
    for path, value in given:
        for field in parameters[path]["fields"] if path in parameters else (path,):
            assign(layers, field, value)
    return layers


def owner_of(layer, prefix, shared):
    """Whose weights it has: a layer, or, of a use, what the names of those that share begin with."""
    return prefix + one(layer, "share") if "share" in layer else shared and shared + one(layer, "name")


def expand_layers(layers, blocks, prefix, names, before, shared=""):
    """Plain layers, and what each name stands for; `names` are those of the inputs, the first of them `before`. `shared`
    is the prefix of the layers whose weights these have, if any."""
    result, names = [], dict(names)
    for layer in layers:
        name = one(layer, "name")
        inputs = [names.get(fed, fed) for fed in layer.get("inputs", [])] or [before]
        owner = owner_of(layer, prefix, shared)
        if "use" in layer:
            use = one(layer, "use")
            block = blocks[one(use, "block")]
            for number in range(one(use, "repeat", 1)):
                inside = "." + (f"{number}." if "repeat" in use else "")
                part, inner = expand_layers(copy_of(block, use, number), blocks, prefix + name + inside,
                                            dict(zip(block.get("inputs", ["input"]), inputs)), inputs[0],
                                            owner and owner + inside)
                result += part
                inputs[0] = inner[one(block, "output", one(block["layers"][-1], "name"))]
            names[name] = before = inputs[0]
        else:
            result.append(layer | {"name": [prefix + name], "inputs": inputs} | ({"share": [owner]} if owner else {}))
            names[name] = before = prefix + name
    return result, names


def expanded(model):
    """The model without blocks."""
    blocks = {one(block, "name"): block for block in model.get("blocks", [])}
    inputs = [one(given, "name") for given in model["inputs"]]
    layers, names = expand_layers(model["layers"], blocks, "", {name: name for name in inputs}, inputs[0])
    output = names[one(model, "output", one(model["layers"][-1], "name"))]
    return model | {"layers": layers, "output": [output], "blocks": []}
