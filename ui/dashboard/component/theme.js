// The page's own colours and font, so that the chart belongs to whatever theme the dashboard was started with.
export function readTheme(element) {
  const style = getComputedStyle(element);
  const token = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    background: token("--st-background-color", "#0b0e14"),
    font: token("--st-font", "sans-serif"),
    muted: "#8b93a7",
    grid: "rgba(139, 147, 167, 0.10)",
    border: "rgba(139, 147, 167, 0.25)",
    label: "#2a3142",
    up: "#26a69a",
    down: "#ef5350",
    upFaint: "rgba(38, 166, 154, 0.35)",
    downFaint: "rgba(239, 83, 80, 0.35)",
    exit: "#f5b942",
    composite: "#9b8cff",
    bought: "#4dd0e1",
    sold: "#ff8a65",
  };
}
