// The explorer: native controls choose what of the embedded numbers two pictures, a table and a line of text show.
// Nothing is computed here: means and deviations come with the data.

const element = (id) => document.getElementById(id);
const controls = Object.fromEntries(
  ["data", "network", "measure", "point", "temperature"].map((id) => [id, element(id)]),
);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const DASH = "–";
const NARROW = "\u202f"; // a space that no line ends at

async function unpacked() {
  const bytes = Uint8Array.from(atob(element("packed").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// --- Numbers as text --------------------------------------------------------------------------------------

function number(value, unit) {
  if (value === null || value === undefined) return DASH;
  if (unit === "share") return `${(100 * value).toFixed(1)}${NARROW}%`;
  if (unit === "cosine") return value.toFixed(3).replace("-", "−");
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

const unbroken = (text) => text.replaceAll(" ", "\u00a0");

function withSpread(row, unit) {
  if (!row) return DASH;
  if (!row.sd) return number(row.mean, unit);
  return `${number(row.mean, unit).replace(`${NARROW}%`, "")} ± ${number(row.sd, unit)}`;
}

// --- Columns to rows --------------------------------------------------------------------------------------

const rowsOf = (columns) => {
  const names = Object.keys(columns);
  return columns[names[0]].map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
};

// Made when a measure of a network is first looked at.
function opened(measure) {
  if (measure.rows) return measure.rows;
  const names = Object.fromEntries(measure.points);
  const named = (row) => ({ ...row, index: row.point, name: names[row.point], series: measure.series[row.series] });
  measure.rows = {
    values: rowsOf(measure.values).map((row) => ({ ...named(row), ...measure.runs[row.run] })),
    means: rowsOf(measure.means).map(named),
  };
  return measure.rows;
}

// --- What is chosen ---------------------------------------------------------------------------------------

let study, network, views;

function fill(select, options, wanted) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  if (options.some(([value]) => String(value) === wanted)) select.value = wanted;
}

function offerNetworks() {
  const own = study.networks.map((n, i) => [i, n.network, n.data]).filter(([, , data]) => data === controls.data.value);
  const same = own.find(([, name]) => name === network?.network);
  fill(controls.network, own, String(same?.[0]));
}

function offerMeasures() {
  network = study.networks[controls.network.value];
  const known = Object.entries(study.measures).filter(([name]) => name in network.measures);
  fill(controls.measure, known.map(([name, { label }]) => [name, label]), controls.measure.value);
  controls.temperature.max = network.temperatures.length - 1;
  controls.temperature.disabled = network.temperatures.length < 2;
}

function offerPoints() {
  const points = network.measures[controls.measure.value]?.points ?? [];
  const layers = points.filter(([index]) => index > 0).map(([index, name]) => [index, `${index}: ${name}`]);
  const before = controls.point.value;
  fill(controls.point, layers.length ? layers : [["", DASH]], before || String(layers.at(-2)?.[0]));
  controls.point.disabled = layers.length < 2;
}

function chosen() {
  const measure = study.measures[controls.measure.value];
  const point = measure.by_layer ? Number(controls.point.value) : 0;
  return { measure, point, t: Number(controls.temperature.value), base: network.baseline };
}

// --- What is shown ----------------------------------------------------------------------------------------

const drawable = (measure) => {
  const log = JSON.stringify(measure.picture).includes('"log"');
  return (row) => !log || (row.y ?? row.mean) > 0;
};

function pictureData({ measure, point, t, base }) {
  const { values, means } = opened(network.measures[controls.measure.value]);
  const own = (row) => (measure.layered || row.point === point) && drawable(measure)(row);
  const all = values.filter(own);
  const place = (row) => (measure.layered ? row.name : row.x);
  const heights = all.map((row) => row.y);
  const means_ = means.filter(own);
  return {
    runs: all.filter((row) => row.t === t).map((row) => ({ ...row, place: place(row) })),
    means: means_.filter((row) => row.t === t),
    base: t === base ? [] : means_.filter((row) => row.t === base),
    span: heights.length ? [{ y: heights.reduce((a, b) => Math.min(a, b)) }, { y: heights.reduce((a, b) => Math.max(a, b)) }] : [],
    ...(measure.layered ? { mark: [{ x: point }] } : {}),
  };
}

// Of each series at the chosen layer: one number a temperature (of a training its last epoch, of scores each its own).
function trendRows({ measure, point }) {
  const shown = network.measures[measure.trend];
  if (!shown) return [];
  const rows = opened(shown).means.filter((row) => row.point === point);
  if (measure.trend === "alignment") {
    const last = rows.reduce((most, row) => Math.max(most, row.x), 0);
    return rows.filter((row) => row.x === last);
  }
  const scores = new Set(opened(shown).means.map((row) => row.series)).size;
  const score = (row) => (scores > 1 ? `${row.x}: ${row.series}` : row.x);
  return measure.by_layer ? rows : rows.map((row) => ({ ...row, series: score(row), score: row.x }));
}

function trendData(what) {
  const log = drawable(study.measures[what.measure.trend]);
  const rows = trendRows(what).filter((row) => (!row.score || row.score === "neco") && log(row));
  const trend = rows.map((row) => {
    const { text, value } = network.temperatures[row.t];
    const low = row.mean - (row.sd ?? 0);
    return { ...row, text, value, low: low > 0 ? low : row.mean, high: row.mean + (row.sd ?? 0) };
  });
  return { trend, mark: [{ value: network.temperatures[what.t].value }] };
}

function table(what) {
  const trend = study.measures[what.measure.trend];
  const series = [...new Set(trendRows(what).map((row) => row.series))];
  const where = what.measure.by_layer ? `layer ${what.point}, ` : "";
  return [
    ...network.effects.map((effect) => ({ name: effect.name, unit: effect.unit, rows: rowsOf(effect.means) })),
    ...series.map((name) => ({
      name: where + (name === trend.y ? name : `${trend.y}, ${name}`),
      unit: trend.unit,
      rows: trendRows(what).filter((row) => row.series === name),
    })),
  ].map(({ name, unit, rows }) => {
    const at = (t) => withSpread(rows.find((row) => row.t === t), unit);
    return { name, now: at(what.t), base: at(what.base) };
  });
}

function cells(tag, texts) {
  const row = document.createElement("tr");
  row.append(...texts.map((text, i) => {
    const cell = document.createElement(i ? "td" : tag);
    if (!i) cell.scope = "row";
    cell.textContent = text;
    return cell;
  }));
  return row;
}

function sayWhatIsShown(what) {
  const now = network.temperatures[what.t];
  const base = network.temperatures[what.base];
  const rows = table(what);
  element("numbers").replaceChildren(...rows.map(({ name, now, base }) => cells("th", [name, now, base])));
  element("now-head").textContent = unbroken(now.text);
  element("base-head").textContent = `baseline ${unbroken(base.text)}`;
  element("shown-temperature").textContent = now.text;
  controls.temperature.setAttribute("aria-valuetext", now.text);
  const compared = (row) => `${row.name} ${row.now}${what.t === what.base ? "" : ` (baseline ${row.base})`}`;
  const seeds = `${now.trained} of ${now.runs} ${now.runs === 1 ? "run" : "runs"} trained`;
  const remark = now.remark ? ` Note: ${now.remark}.` : "";
  const head = `${network.network} on ${network.data}, ${now.text}: `;
  element("text").textContent = `${head}${[seeds, ...rows.slice(0, 5).map(compared)].join("; ")}.${remark}`;
  const layer = controls.point.selectedOptions[0]?.textContent;
  const at = what.measure.by_layer && !what.measure.layered ? `, layer ${layer}` : "";
  element("picture-title").textContent = `${what.measure.label}${at}, ${now.text}`;
  const of = what.measure.by_layer ? `layer ${layer}` : "NECO";
  const trend = study.measures[what.measure.trend].y;
  element("trend-title").textContent = `${trend[0].toUpperCase()}${trend.slice(1)} by temperature, ${of}`;
}

// --- Pictures ---------------------------------------------------------------------------------------------

function look() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const text = { labelColor: colour("soft"), titleColor: colour("ink"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  const config = {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line") },
    legend: { ...text, labelColor: colour("ink"), symbolSize: 300, symbolStrokeWidth: 2.5 },
    range: { category: [1, 2, 3, 4].map((i) => colour(`series-${i}`)) },
    style: {
      run: { size: 45, opacity: 0.85, strokeWidth: 1.5 },
      mean: { strokeWidth: 2.5, thickness: 3 },
      base: { strokeWidth: 2, thickness: 3 },
      spread: { strokeWidth: 1.5, strokeDash: [1, 0] },
    },
  };
  return { config, params: [{ name: "grey", value: colour("base") }] };
}

async function draw() {
  const what = chosen();
  const pictures = [["picture", what.measure.picture, pictureData(what)], ["trend", what.measure.by_temperature, trendData(what)]];
  sayWhatIsShown(what);
  const before = views;
  const { config, params } = look();
  views = await Promise.all(pictures.map(async ([id, picture, datasets]) => {
    const spec = { ...picture, params, datasets, description: element("text").textContent };
    const tooltip = { theme: dark.matches ? "dark" : "light" };
    return vegaEmbed(element(id), spec, { actions: false, renderer: "svg", config, tooltip });
  }));
  before?.forEach((embedded) => embedded.finalize());
}

async function redraw() {
  const what = chosen();
  sayWhatIsShown(what);
  await Promise.all([pictureData(what), trendData(what)].map((datasets, i) => {
    Object.entries(datasets).forEach(([name, rows]) => views[i].view.data(name, rows));
    return views[i].view.runAsync();
  }));
}

// One change after another: a picture that is being drawn is finished before the next.
let last = Promise.resolve();
const after = (step) => () => (last = last.then(step));

function listen() {
  const offers = [offerNetworks, offerMeasures, offerPoints];
  ["data", "network", "measure"].forEach((id, first) => {
    controls[id].addEventListener("change", after(() => {
      offers.slice(first).forEach((offer) => offer());
      return draw();
    }));
  });
  controls.point.addEventListener("change", after(redraw));
  controls.temperature.addEventListener("input", after(redraw));
  dark.addEventListener("change", after(draw));
}

study = await unpacked();
fill(controls.data, [...new Set(study.networks.map((n) => n.data))].map((name) => [name, name]));
[offerNetworks, offerMeasures, offerPoints].forEach((offer) => offer());
controls.temperature.value = network.temperatures.length - 1;
// Inside Snakemake's report the page stands alone.
document.querySelector("nav").hidden = !["file:", "http:", "https:"].includes(location.protocol);
listen();
await draw();
document.documentElement.dataset.ready = Math.round(performance.now());
