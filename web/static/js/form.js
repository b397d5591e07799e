// Forms: what is typed is checked at once, and again by the server; lines to
// copy follow what is typed; a copy button copies.

/* Checks. Each gives the texts of what is wrong. The words come with the form. */

const whole = (text, low, high) => /^\d+$/.test(text) && Number(text) >= low && Number(text) <= high;

const checks = {
  port(value, say) {
    if (value === "") return [];
    if (value === "2077" || value === "2088") return [say.sayKept.replace("{}", value)];
    return whole(value, 1024, 65535) ? [] : [say.sayPort];
  },
  latency: (value, say) => (value === "" || whole(value, 10, 15000) ? [] : [say.sayLatency]),
  name(value, say) {
    if (value === "") return [say.sayRequired];
    if (!/^[A-Za-z]/.test(value)) return [say.sayLetter];
    return checks["source-name"](value, say);
  },
  "source-name"(value, say) {
    if (value === "") return [say.sayRequired];
    if (!/^[A-Za-z0-9_-]*$/.test(value)) return [say.sayCharacters];
    return value.length > 64 ? [say.sayNameLength] : [];
  },
  passphrase: (value, say) => (value === "" || (value.length >= 10 && value.length <= 79) ? [] : [say.sayPassphrase]),
  cidr(value, say) {
    const lines = value.split("\n").map((line) => line.trim());
    const faults = [];
    if (lines.filter(Boolean).length > 20) faults.push(say.sayMany);
    lines.forEach((line, i) => {
      const fault = cidrFault(line, say);
      if (fault) faults.push(say.sayLine.replace("[n]", String(i + 1)).replace("{}", fault));
    });
    return faults;
  },
};

function cidrFault(line, say) {
  if (line === "") return "";
  if (line.includes(":")) return say.sayV6.replace("{}", line);
  const [address, prefix, ...rest] = line.split("/");
  const parts = address.split(".");
  const good = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  const ends = prefix === undefined || (/^\d{1,2}$/.test(prefix) && Number(prefix) <= 32);
  return good && ends && rest.length === 0 ? "" : say.sayCidr.replace("{}", line);
}

function check(input) {
  const form = input.closest("form[data-form]");
  const test = checks[input.dataset.check];
  if (!form || !test) return;
  const faults = test(input.value.trim(), form.dataset);
  const place = document.getElementById(`error-${input.name}`);
  if (!place) return;
  place.replaceChildren(...faults.map(errorLine));
  input.setAttribute("aria-invalid", String(faults.length > 0));
  input.closest(".field")?.classList.toggle("field-bad", faults.length > 0);
}

const SVG = "http://www.w3.org/2000/svg";

function errorLine(words) {
  const line = document.createElement("p");
  line.className = "error-line";
  const mark = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ class: "mark mark-lost", viewBox: "0 0 12 12", width: "12", height: "12", "aria-hidden": "true" })) {
    mark.setAttribute(name, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", "mark-fill");
  path.setAttribute("d", "M6 0 12 6 6 12 0 6z");
  mark.append(path);
  const text = document.createElement("span");
  text.textContent = words;
  line.append(mark, text);
  return line;
}

/* Lines follow what is typed */

function follow(input) {
  for (const node of document.querySelectorAll("[data-follow]")) {
    if (node.dataset.follow !== input.name) continue;
    node.dataset.first ??= node.textContent;
    const value = input.value.trim();
    node.textContent = value === "" ? node.dataset.first : "lower" in node.dataset ? value.toLowerCase() : value;
  }
}

/* A changed field says so, and what it was */

function change(input) {
  const form = input.closest("form[data-say-was]");
  const field = input.closest(".field");
  if (!form || !field || input.type === "password" || field.querySelector(".field-was:not([data-mine])")) return;
  const before = wasBefore(input, field);
  field.classList.toggle("field-changed", before !== null);
  field.querySelector("[data-mine]")?.remove();
  if (!before) return;
  const note = document.createElement("span");
  note.className = "field-was";
  note.dataset.mine = "";
  note.textContent = before.includes("\n") ? form.dataset.sayChanged : form.dataset.sayWas.replace("{}", before);
  field.querySelector(".field-head")?.append(note);
}

// wasBefore gives the words of what stood in a field, null if it stands there again.
function wasBefore(input, field) {
  if (input.type === "radio") {
    const before = [...field.querySelectorAll('input[type="radio"]')].find((radio) => radio.defaultChecked);
    return !before || before.checked ? null : before.closest("label")?.textContent.trim() ?? "";
  }
  if (input.value === input.defaultValue) return null;
  const unit = field.querySelector(".field-unit")?.textContent ?? "";
  return input.defaultValue && unit === "ms" ? `${input.defaultValue} ${unit}` : input.defaultValue;
}

/* Segmented controls tell what the chosen one means */

function explain(input) {
  if (!input.dataset.help) return;
  const place = document.getElementById(`help-${input.name}`);
  if (place) place.textContent = input.dataset.help;
}

/* Copying: the clipboard of a secure page, else a selection */

async function copy(button) {
  const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "heard";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const words = button.dataset.words ??= button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = words; }, 1500);
}

document.addEventListener("input", (event) => {
  if (event.target.dataset?.check) check(event.target);
  if (event.target.name) follow(event.target);
  if (event.target.closest) change(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.type === "radio") explain(event.target);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button);
});
