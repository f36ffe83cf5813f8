// What is searched for lights up in text, graph and kernels; the rest steps back.

const search = {query: "", hits: [], at: -1};

// What a value's name stands for: itself wherever it is named, and nothing that only begins so.
function valueMatcher(query) {
  const names = value => value === query || value.endsWith("/" + query);
  return {
    line: row => [...row.querySelectorAll(".v")].some(word => names(word.dataset.v ?? word.textContent)),
    box: box => box.values.some(names),
    kernel: kernel => names(kernel.value),
  };
}

function textMatcher(query) {
  const has = words => words.toLowerCase().includes(query.toLowerCase());
  const isNamed = box => isLast(graph.stage) && kernelsOf(box).some(kernel => has(kernel.name));
  return {
    line: row => has(row.textContent),
    box: box => [...box.lines, box.hint].some(line => has(data.lines[line])) || isNamed(box),
    kernel: kernel => [kernel.name, kernel.layer, kernel.ops, kernel.value].some(has),
  };
}

function matcher(query) {
  const isValue = [...ir.spans.keys()].some(name => name === query || name.endsWith("/" + query));
  return isValue ? valueMatcher(query) : textMatcher(query);
}

function mark(made, isHit) {
  made.classList.toggle("hit", isHit);
  return isHit;
}

function runSearch() {
  const {query} = search, is = matcher(query), wants = query !== "";
  document.body.classList.toggle("searching", wants);
  search.hits = ir.lines.filter(row => mark(row, wants && is.line(row)));
  search.at = -1;
  const boxes = graph.boxes.filter(box => mark(box.made, wants && is.box(box)));
  const found = [...kernels.rows].filter(([kernel, row]) => mark(row, wants && is.kernel(kernel)));
  const counts = [[search.hits, "line", "lines"], [boxes, "box", "boxes"], [found, "kernel", "kernels"]]
    .map(([all, one, many]) => `${all.length} ${all.length === 1 ? one : many}`);
  byId("found").textContent = wants ? counts.join(", ") : "";
  byId("found").classList.toggle("nothing", wants && search.hits.length + boxes.length + found.length === 0);
}

function searchFor(query) {
  search.query = search.query === query ? "" : query;
  byId("search").value = search.query;
  runSearch();
  nextHit(1);
}

function nextHit(step) {
  if (search.hits.length === 0) return;
  search.hits[search.at]?.classList.remove("current");
  search.at = (search.at + step + search.hits.length) % search.hits.length;
  const row = search.hits[search.at];
  row.classList.add("current");
  row.scrollIntoView({block: "center"});
  showOneOf(boxesOf(row.querySelector(".v[data-v]")?.dataset.v ?? ""));
}

function listenToSearch() {
  byId("search").addEventListener("input", event => {
    search.query = event.target.value.trim();
    runSearch();
    nextHit(1);
  });
  byId("search").addEventListener("keydown", event => {
    if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      search.query = event.target.value = "";
      runSearch();
      event.target.blur();
    }
  });
}
