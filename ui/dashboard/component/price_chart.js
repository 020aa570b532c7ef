// Candles, volume, markers of signals and fills, and the lines of an open position, drawn by TradingView Lightweight Charts (Apache-2.0).
//
// Streamlit calls the default export on every change of data and its return value at unmount only, so everything that must
// outlive a change (the chart, its zoom, the bars) is kept per host element.
import { CandlestickSeries, ColorType, HistogramSeries, LineStyle, createChart, createSeriesMarkers } from "lightweight-charts";

import { readTheme } from "./theme.js";

const charts = new WeakMap();
const ANSWER_MS = 800;
const ROOM = 20000; // bars kept in the browser; a long-lived tab is trimmed back to half of it

export default function priceChart({ data, parentElement, setTriggerValue }) {
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = open(parentElement);
    charts.set(parentElement, chart);
  }
  chart.ask = (why) => {
    // The answer can be lost too (a later message may replace it before it is drawn), so it is asked for until it comes,
    // but not again while it may still be on its way.
    const now = performance.now();
    if (now - chart.asked < ANSWER_MS) return;
    chart.asked = now;
    setTriggerValue("snapshot", { why, number: data.number });
  };
  receive(chart, data);
  return () => {
    charts.delete(parentElement);
    chart.api.remove();
    chart.root.remove();
  };
}

function open(parentElement) {
  const root = document.createElement("div");
  root.className = "price-chart";
  root.dataset.testid = "price-chart";
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  const legend = document.createElement("div");
  legend.className = "legend";
  root.append(canvas, legend);
  parentElement.append(root);

  const theme = readTheme(root);
  const api = createChart(canvas, {
    autoSize: true,
    layout: {
      attributionLogo: true,
      background: { type: ColorType.Solid, color: theme.background },
      textColor: theme.muted,
      fontFamily: theme.font,
      fontSize: 12,
    },
    grid: { vertLines: { color: theme.grid }, horzLines: { color: theme.grid } },
    rightPriceScale: { borderColor: theme.border, scaleMargins: { top: 0.12, bottom: 0.24 } },
    timeScale: { borderColor: theme.border, timeVisible: true, secondsVisible: false, rightOffset: 6, barSpacing: 9 },
    crosshair: { mode: 0, vertLine: { labelBackgroundColor: theme.label }, horzLine: { labelBackgroundColor: theme.label } },
  });
  const candles = api.addSeries(CandlestickSeries, {
    upColor: theme.up,
    wickUpColor: theme.up,
    downColor: theme.down,
    wickDownColor: theme.down,
    borderVisible: false,
  });
  const volume = api.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  api.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });

  const chart = {
    root, legend, theme, api, candles, volume,
    markers: createSeriesMarkers(candles, []),
    series: null, sequence: -1, asked: -Infinity, bars: [], places: new Map(), signals: new Map(), drawn: 0, levels: [], lines: [], snapshots: 0, tails: 0,
  };
  api.timeScale().subscribeVisibleLogicalRangeChange(() => expose(chart));
  api.subscribeCrosshairMove((event) => describe(chart, event));
  return chart;
}

function receive(chart, data) {
  if (!data) return;
  if (data.kind === "snapshot") {
    if (data.series === chart.series && data.sequence <= chart.sequence) return; // the same again: a rerun
    snapshot(chart, data);
  } else if (data.series !== chart.series || data.since > chart.sequence) {
    chart.ask(data.series !== chart.series ? "unknown series" : "a message is missing");
  } else if (data.sequence > chart.sequence) {
    tail(chart, data);
  }
  describe(chart, null);
  expose(chart);
}

function snapshot(chart, data) {
  const same = data.candles === chart.candlesShown; // another strategy on the same candles leaves the view alone
  const view = same ? anchoredView(chart) : null;
  chart.series = data.series;
  chart.candlesShown = data.candles;
  chart.title = data.title;
  chart.sequence = data.sequence;
  chart.snapshots += 1;
  chart.signals = new Map(data.signals.map((signal) => [signal.id, signal]));
  chart.candles.applyOptions({ priceFormat: { type: "price", precision: data.digits, minMove: 10 ** -data.digits } });
  setBars(chart, data.bars);
  drawMarkers(chart);
  drawLevels(chart, data.levels);
  if (!same || !restoreView(chart, view)) {
    chart.api.timeScale().resetTimeScale();
    chart.candles.priceScale().applyOptions({ autoScale: true });
  }
}

function tail(chart, data) {
  for (const bar of data.bars) {
    const place = chart.places.get(bar[0]);
    const last = chart.bars.length - 1;
    if (place !== undefined && sameBar(chart.bars[place], bar)) continue; // tails overlap
    if (place === undefined && last >= 0 && bar[0] < chart.bars[last][0]) {
      chart.ask("a candle came between two that are drawn");
      return;
    }
    const behind = place !== undefined && place < last;
    if (place === undefined) {
      chart.places.set(bar[0], chart.bars.length);
      chart.bars.push(bar);
    } else {
      chart.bars[place] = bar;
    }
    chart.candles.update(candleOf(bar), behind);
    chart.volume.update(volumeOf(bar, chart.theme), behind);
  }
  for (const signal of data.signals) chart.signals.set(signal.id, signal);
  if (chart.signals.size !== chart.drawn) drawMarkers(chart); // new ones, or one that was ahead of its candle
  drawLevels(chart, data.levels);
  chart.sequence = data.sequence;
  chart.tails += 1;
  if (chart.bars.length > ROOM) {
    const view = anchoredView(chart);
    setBars(chart, chart.bars.slice(-ROOM / 2));
    restoreView(chart, view);
  }
}

function setBars(chart, bars) {
  chart.bars = bars.slice();
  chart.places = new Map(bars.map((bar, place) => [bar[0], place]));
  chart.candles.setData(bars.map(candleOf));
  chart.volume.setData(bars.map((bar) => volumeOf(bar, chart.theme)));
}

// Logical positions count from the first bar, so a view outlives a change of the first bar only relative to some candle.
function anchoredView(chart) {
  const range = chart.api.timeScale().getVisibleLogicalRange();
  if (!range || !chart.bars.length) return null;
  const place = Math.min(Math.max(Math.round(range.to), 0), chart.bars.length - 1);
  return { from: range.from - place, to: range.to - place, time: chart.bars[place][0] };
}

function restoreView(chart, view) {
  const place = view ? chart.places.get(view.time) : undefined;
  if (place === undefined) return false;
  chart.api.timeScale().setVisibleLogicalRange({ from: view.from + place, to: view.to + place });
  return true;
}

function sameBar(one, other) {
  return one.every((value, index) => value === other[index]);
}

function candleOf([time, open, high, low, close, , closed]) {
  return { time, open, high, low, close, ...(closed ? {} : { wickColor: "#8b93a7" }) };
}

function volumeOf([time, open, , , close, volume], theme) {
  return { time, value: volume, color: close >= open ? theme.upFaint : theme.downFaint };
}

// An entry points the way of the bet from its side of the candle; an exit stands on the other side. A composite is a square
// where an entry of its side would stand. A fill is a dot at its price.
function drawMarkers(chart) {
  const { theme } = chart;
  const drawable = [...chart.signals.values()].filter((signal) => chart.places.has(signal.time));
  chart.drawn = drawable.length;
  const markers = drawable.map((signal) => {
    if (signal.type === "fill") return fillMarker(signal, theme);
    const up = (signal.side === "long") === (signal.type !== "exit");
    const entryColor = signal.side === "long" ? theme.up : theme.down;
    const composite = signal.type === "composite";
    const arrow = up ? "arrowUp" : "arrowDown";
    return {
      id: signal.id,
      time: signal.time,
      position: up ? "belowBar" : "aboveBar",
      shape: composite ? "square" : arrow,
      color: { entry: entryColor, exit: theme.exit, composite: theme.composite }[signal.type],
      text: signal.label,
    };
  });
  markers.sort((a, b) => a.time - b.time);
  chart.markers.setMarkers(markers);
}

function fillMarker({ id, time, side, price, label }, theme) {
  return {
    id, time, price,
    position: side === "long" ? "atPriceBottom" : "atPriceTop",
    shape: "circle",
    color: side === "long" ? theme.bought : theme.sold,
    size: 0.6,
    text: label,
  };
}

function drawLevels(chart, levels) {
  if (JSON.stringify(levels) === JSON.stringify(chart.levels)) return;
  chart.levels = levels;
  for (const line of chart.lines) chart.candles.removePriceLine(line);
  chart.lines = levels.map(({ kind, price }) =>
    chart.candles.createPriceLine({
      price,
      title: kind,
      color: { entry: chart.theme.muted, target: chart.theme.up }[kind] ?? chart.theme.down,
      lineWidth: 1,
      lineStyle: LineStyle.Dashed,
      axisLabelVisible: true,
    }),
  );
}

function describe(chart, event) {
  const pointed = event?.seriesData?.get(chart.candles);
  const bar = pointed ? chart.bars[chart.places.get(pointed.time)] : chart.bars[chart.bars.length - 1];
  const line = (className, text) => Object.assign(document.createElement("div"), { className, textContent: text });
  const lines = [line("title", chart.title ?? "")];
  if (bar) {
    const price = (value) => chart.candles.priceFormatter().format(value);
    const [time, open, high, low, close, volume, closed] = bar;
    const when = new Date(time * 1000).toISOString().replace("T", " ").slice(0, 16);
    const text = `${when} UTC   O ${price(open)}   H ${price(high)}   L ${price(low)}   C ${price(close)}   V ${volume.toLocaleString("en")}`;
    lines.push(line(close >= open ? "up" : "down", closed ? text : `${text}   forming`));
  }
  for (const signal of chart.signals.values()) {
    if (signal.id === event?.hoveredObjectId) lines.push(line("signal", signal.detail));
  }
  chart.legend.replaceChildren(...lines);
}

function expose(chart) {
  const range = chart.api.timeScale().getVisibleLogicalRange();
  const last = chart.bars[chart.bars.length - 1];
  Object.assign(chart.root.dataset, {
    series: chart.series ?? "",
    sequence: chart.sequence,
    bars: chart.bars.length,
    markers: chart.drawn,
    labels: [...chart.signals.values()].slice(-50).map((signal) => signal.label).join("\n"),
    levels: chart.levels.map(({ kind, price }) => `${kind} ${price}`).join("\n"),
    snapshots: chart.snapshots,
    tails: chart.tails,
    lastTime: last?.[0] ?? "",
    lastClose: last?.[4] ?? "",
    from: range?.from ?? "",
    to: range?.to ?? "",
  });
}
