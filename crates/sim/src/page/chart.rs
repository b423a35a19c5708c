//! A chart becomes a drawing with its figures in words, for people who cannot see it.

#![expect(clippy::cast_precision_loss, reason = "a chart has at most 20 points")]

use maud::{Markup, html};
use serde_json::Value;

use super::answers::{list, string as s};

/// The drawing has this size.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 170.0;
/// The drawing leaves this much room for the scale and for the names below.
const LEFT: f64 = 40.0;
const BELOW: f64 = 26.0;

/// A series has its name and its values, in the order of the categories.
struct Series<'a> {
    name: &'a str,
    values: Vec<f64>,
}

/// The page draws lines and bars. It tells the parts of a pie in words.
pub(super) fn figure(block: &Value) -> Markup {
    let chart = &block["chart"];
    let categories: Vec<&str> = list(&chart["axis_config"], "categories").iter().filter_map(Value::as_str).collect();
    let series: Vec<Series<'_>> = list(chart, "series").iter().map(|one| read(one, &categories)).collect();
    let bars = s(chart, "type") == "bar";
    html! {
        figure.chart {
            figcaption {
                strong { (s(block, "title")) }
                @for (i, one) in series.iter().enumerate() { " " span.key.{ "series-" (i) } { (one.name) } }
            }
            @if !series.is_empty() { (drawing(&series, &categories, bars)) }
            ul.unseen {
                @for one in &series { @for (category, value) in categories.iter().zip(&one.values) {
                    li { (one.name) ", " (category) ": " (value) }
                } }
                @for part in list(chart, "segments") { li { (s(part, "label")) ": " (part["value"].to_string()) } }
            }
        }
    }
}

fn read<'a>(one: &'a Value, categories: &[&str]) -> Series<'a> {
    let points = list(one, "data");
    let value = |category: &&str| points.iter().find(|p| p["label"] == **category).and_then(|p| p["value"].as_f64());
    Series { name: s(one, "name"), values: categories.iter().map(|c| value(c).unwrap_or_default()).collect() }
}

fn drawing(series: &[Series<'_>], categories: &[&str], bars: bool) -> Markup {
    let most = series.iter().flat_map(|one| &one.values).copied().fold(0.0, f64::max).max(1.0);
    let room = HEIGHT - BELOW - 10.0;
    let step = (WIDTH - LEFT) / categories.len().max(1) as f64;
    let x = |i: usize| LEFT + step * (i as f64 + 0.5);
    let y = |value: f64| 10.0 + room - room * (value / most).clamp(0.0, 1.0);
    let wide = step * 0.7 / series.len().max(1) as f64;
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        svg viewBox=(view) aria-hidden="true" {
            @for part in [0.0, 0.5, 1.0] {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(y(most * part)) y2=(y(most * part)) {}
                text.scale x=(LEFT - 6.0) y=(y(most * part) + 4.0) { (format!("{:.1}", most * part).trim_end_matches(".0")) }
            }
            @for (i, category) in categories.iter().enumerate() { text.name x=(x(i)) y=(HEIGHT - 8.0) { (category) } }
            @for (n, one) in series.iter().enumerate() {
                @if bars {
                    @for (i, value) in one.values.iter().enumerate() {
                        @let left = x(i) + wide * (n as f64 - series.len() as f64 / 2.0);
                        rect.{ "series-" (n) } x=(left) y=(y(*value)) width=(wide) height=(10.0 + room - y(*value)) {}
                    }
                } @else {
                    @let points: Vec<String> =
                        one.values.iter().enumerate().map(|(i, value)| format!("{:.1},{:.1}", x(i), y(*value))).collect();
                    polyline.{ "series-" (n) } points=(points.join(" ")) {}
                    @for (i, value) in one.values.iter().enumerate() {
                        circle.{ "series-" (n) } cx=(x(i)) cy=(y(*value)) r="4" {}
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An open `<line>` would swallow what follows it: in SVG no element is void.
    #[test]
    fn every_element_of_the_drawing_is_closed() {
        for kind in ["line", "bar"] {
            let point = serde_json::json!([{"label": "v1", "value": 3}, {"label": "v2", "value": 2}]);
            let block = serde_json::json!({"title": "Lead time", "chart": {"type": kind, "series": [{"name": "days", "data": point}],
                "axis_config": {"categories": ["v1", "v2"]}}});
            let html = figure(&block).into_string();
            for element in ["line", "polyline", "circle", "rect", "text", "svg"] {
                let opened =
                    html.matches(&format!("<{element} ")).count() + html.matches(&format!("<{element}>")).count();
                assert_eq!(opened, html.matches(&format!("</{element}>")).count(), "{element}: {html}");
            }
            assert!(html.contains("<line "), "{html}");
        }
    }
}
