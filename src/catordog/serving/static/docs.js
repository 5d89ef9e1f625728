// Shows the API's own description, without anything from elsewhere.

const at = (id) => document.getElementById(id);

function make(tag, text = "", properties = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, properties);
}

function typeOf(schema, all) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) {
    return schema.anyOf.map((one) => typeOf(one, all)).filter((t) => t !== "null").join(" or ");
  }
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {}, all)}`;
  return schema.format ?? schema.type ?? "anything";
}

function table(head, rows) {
  const made = make("table");
  made.createTHead().append(line("th", head));
  made.createTBody().append(...rows.map((row) => line("td", row)));
  return made;
}

function line(tag, cells) {
  const row = make("tr");
  for (const cell of cells) {
    const made = make(tag);
    made.append(cell);
    row.append(made);
  }
  return row;
}

function fields(schema, all) {
  const found = schema.$ref ? all[schema.$ref.split("/").pop()] : schema;
  const required = new Set(found?.required);
  return Object.entries(found?.properties ?? {}).map(([name, field]) => [
    make("code", name),
    typeOf(field, all) + (required.has(name) ? "" : ", optional"),
    field.description ?? "",
  ]);
}

function operation(path, method, said, all) {
  const made = make("details", "", { id: `${method}${path}` });
  const summary = make("summary");
  summary.append(
    make("b", method.toUpperCase(), { className: method }), make("code", path),
    make("span", said.summary ?? ""));
  const body = make("div", "", { className: "body" });
  if (said.description) body.append(make("p", said.description));
  for (const [type, content] of Object.entries(said.requestBody?.content ?? {})) {
    const own = { ...all, ...content.schema.$defs };
    body.append(make("h3", `Send ${type}`), table(["Field", "Type", "Meaning"], fields(content.schema, own)));
  }
  const good = said.responses?.["200"]?.content?.["application/json"]?.schema;
  if (good?.$ref) {
    body.append(make("h3", `Receive ${typeOf(good, all)}`), table(["Field", "Type", "Meaning"], fields(good, all)));
    for (const [, field] of Object.entries(all[typeOf(good, all)].properties)) {
      const item = field.items?.$ref ?? field.$ref;
      if (!item) continue;
      body.append(make("h3", item.split("/").pop()), table(["Field", "Type", "Meaning"], fields({ $ref: item }, all)));
    }
  }
  const statuses = Object.entries(said.responses ?? {});
  body.append(make("h3", "Status"),
    table(["Status", "When"], statuses.map(([status, why]) => [make("code", status), why.description])));
  made.append(summary, body);
  return made;
}

async function start() {
  const described = await (await fetch("/openapi.json")).json();
  const all = described.components?.schemas ?? {};
  at("version").textContent = described.info.version;
  at("about").textContent = described.info.description.replaceAll("`", "");
  at("example").textContent =
    `curl -F photos=@first.jpg -F photos=@second.jpg ${location.origin}/v1/predict`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, said] of Object.entries(methods)) {
      const group = said.tags?.[0] ?? "Other";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operation(path, method, said, all));
    }
  }
  for (const [name, operations] of groups) at("groups").append(make("h2", name), ...operations);
  document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

start();
