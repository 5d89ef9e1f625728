// What the page says about an answer, in words.

/** Lays a probability out as people read it: 0.9962 becomes "99.6 %". */
export function percent(p) {
  const digits = p > 0.1 && p < 0.9 ? 0 : 1;
  return `${(100 * p).toFixed(digits)} %`;
}

export const VERDICTS = { cat: "Cat", dog: "Dog", both: "Cat and dog", neither: "Neither" };

/**
 * Explains a verdict.
 * @param answer the API's answer to one photo.
 * @param thresholds from where on a probability counts: {pet, both}.
 */
export function explain(answer, thresholds) {
  const { label, p_cat: cat, p_dog: dog } = answer;
  if (label === "neither") {
    return `Neither question reaches the ${percent(thresholds.pet)} it takes to count. Perhaps ` +
      "another animal, a drawing, or a pet too small or hidden to be seen.";
  }
  if (label === "both") {
    return `It finds a cat and a dog: each question gets at least the ` +
      `${percent(thresholds.both)} it takes for both to count.`;
  }
  const other = label === "cat" ? "dog" : "cat";
  const [own, rival] = label === "cat" ? [cat, dog] : [dog, cat];
  if (own < 0.8) return `Rather a ${label}, but far from sure.`;
  if (rival > 0.2) return `A ${label}. There may be a ${other} too, but it is less sure of that.`;
  return `A ${label}, and no ${other}.`;
}

/** Says totals in words, such as "2 cats, 1 dog". */
export function countOf(label, count) {
  const many = count === 1 ? "" : "s";
  const words = { cat: `cat${many}`, dog: `dog${many}`, error: `without an answer` };
  return `${count} ${words[label] ?? label}`;
}

/** Lays rows out as CSV, in the columns of `catordog predict --out`. */
export function toCsv(rows) {
  const quote = (value) => /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  const lines = rows.map(({ name, answer }) => [
    name, answer.label, answer.p_cat, answer.p_dog, answer.width, answer.height,
    answer.error ? answer.error.detail : answer.warning,
  ].map((value) => quote(String(value ?? ""))).join(","));
  return ["path,label,p_cat,p_dog,width,height,error", ...lines, ""].join("\n");
}
