(function () {
  "use strict";
  var table = document.querySelector("table.sortable");
  if (!table) { return; }
  var body = table.tBodies[0];
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var counter = document.getElementById("shown");
  var search = document.getElementById("search");
  var buttons = Array.prototype.slice.call(document.querySelectorAll("button[data-label]"));

  function value(row, column) {
    var cell = row.cells[column];
    return cell.hasAttribute("data-value") ? cell.getAttribute("data-value") : cell.textContent.trim();
  }

  function compare(a, b, numeric) {
    if (a === "" || b === "") { return a === b ? 0 : (a === "" ? 1 : -1); }
    return numeric ? parseFloat(a) - parseFloat(b) : a.localeCompare(b, "en", { numeric: true });
  }

  function sort(column) {
    var head = heads[column];
    var down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var numeric = head.getAttribute("data-sort") === "number";
    Array.prototype.slice.call(body.rows)
      .map(function (row, index) { return { row: row, index: index, key: value(row, column) }; })
      .sort(function (a, b) {
        var order = compare(a.key, b.key, numeric);
        if (down && a.key !== "" && b.key !== "") { order = -order; }
        return order || a.index - b.index;
      })
      .forEach(function (item) { body.appendChild(item.row); });
  }

  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var labels = buttons
      .filter(function (button) { return button.getAttribute("aria-pressed") === "true"; })
      .map(function (button) { return button.getAttribute("data-label"); });
    var shown = 0;
    Array.prototype.forEach.call(body.rows, function (row) {
      var text = row.textContent.toLowerCase();
      var keep = words.every(function (word) { return text.indexOf(word) >= 0; }) &&
        (!labels.length || labels.indexOf(row.getAttribute("data-label")) >= 0);
      row.hidden = !keep;
      shown += keep ? 1 : 0;
    });
    counter.textContent = shown + " of " + body.rows.length + " cases";
  }

  heads.forEach(function (head, column) {
    if (!head.hasAttribute("data-sort")) { return; }
    head.tabIndex = 0;
    head.addEventListener("click", function () { sort(column); });
    head.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(column); }
    });
  });
  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      var pressed = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", pressed ? "false" : "true");
      filter();
    });
  });
  search.addEventListener("input", filter);
  filter();
}());
