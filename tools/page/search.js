// What is searched for lights up in text, graph and kernels; the rest steps back.

const search = {query: "", hits: [], at: -1};

function matcher(query) {
  const wanted = query.toLowerCase();
  const isValue = query.startsWith("%") && [...text.spans.keys()].some(name => name === query || name.endsWith("/" + query));
  return {
    line: row => isValue ? [...row.querySelectorAll(".v")].some(span => span.dataset.v === query || span.textContent === query)
                         : row.textContent.toLowerCase().includes(wanted),
    box: box => isValue ? box.values.includes(query)
                        : [...box.lines, box.hint].some(line => data.lines[line].toLowerCase().includes(wanted)) ||
                          (isLast(graph.stage) && kernelsOf(box).some(kernel => kernel.name.toLowerCase().includes(wanted))),
    kernel: kernel => isValue ? kernel.value === query
                              : [kernel.name, kernel.layer, kernel.ops, kernel.value].some(s => s.toLowerCase().includes(wanted)),
  };
}

function mark(made, isHit) {
  made.classList.toggle("hit", isHit);
  return isHit;
}

function runSearch() {
  const {query} = search, is = matcher(query), wants = query !== "";
  document.body.classList.toggle("searching", wants);
  search.hits = text.lines.filter(row => mark(row, wants && is.line(row)));
  search.at = -1;
  const boxes = graph.boxes.filter(box => mark(box.made, wants && is.box(box)));
  const found = [...kernels.rows].filter(([kernel, row]) => mark(row, wants && is.kernel(kernel)));
  const count = (number, word, many) => `${number} ${number === 1 ? word : many}`;
  byId("found").textContent = wants
    ? [count(search.hits.length, "line", "lines"), count(boxes.length, "box", "boxes"), count(found.length, "kernel", "kernels")].join(", ")
    : "";
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
