//! The trend as a picture: a small chart for each figure, on paper of its own, so that it reads the same in a light
//! and in a dark window.

use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use charts_rs::{ChildChart, DEFAULT_FONT_DATA, LineChart, MultiChart};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use serde_json::json;

use lookback_core::retro::release::trend::{Metric, Trend};

/// Pixels of one chart.
const WIDTH: usize = 480;
const HEIGHT: usize = 250;
const GAP: usize = 16;

/// Releases in a chart: more would not be read.
pub const SHOWN: usize = 12;

const PAPER: &str = "#fbfbf8";
const INK: &str = "#33322e";
const LINES: &str = "#dddcd6";

/// A PNG; `None` where no figure has two releases.
pub fn png(trend: &Trend) -> anyhow::Result<Option<Vec<u8>>> {
    let shown: Vec<Metric> = Metric::ALL.into_iter().filter(|m| trend.course(*m).is_some()).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred pixels")]
    let mut whole = MultiChart { gap: GAP as f32, background_color: Some(PAPER.into()), ..MultiChart::new() };
    for (i, metric) in shown.iter().enumerate() {
        let mut one = LineChart::from_json(&chart(trend, *metric).to_string())?;
        one.background_color = PAPER.into();
        // Two in a row.
        let at = |n: usize, size: usize| (n * (size + GAP)) as f32;
        whole.add(ChildChart::Line(one, Some((at(i % 2, WIDTH), at(i / 2, HEIGHT)))));
    }
    Ok(Some(drawn(&whole.svg()?)?))
}

/// The picture has the one font that the charts were measured with.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(DEFAULT_FONT_DATA)));
    Arc::new(fonts)
});

fn drawn(svg: &str) -> anyhow::Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options { fontdb: Arc::clone(&FONTS), ..usvg::Options::default() })?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height()).context("a picture without a size")?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    Ok(pixels.encode_png()?)
}

fn chart(trend: &Trend, metric: Metric) -> serde_json::Value {
    let mut points: Vec<_> = trend.0.iter().take(SHOWN).collect();
    points.reverse();
    let labels: Vec<String> = points.iter().map(|p| printable(&p.version)).collect();
    let data: Vec<Option<f64>> = points.iter().map(|p| metric.value(p).map(|v| (v * 100.0).round() / 100.0)).collect();
    let most = data.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let title = if metric.unit().is_empty() {
        metric.label().to_owned()
    } else {
        format!("{} ({})", metric.label(), metric.unit())
    };
    // The scale begins at nothing, so that a small step does not look like a large one.
    let top = match metric {
        Metric::Smoothness => 10.0,
        Metric::Actions => 100.0,
        Metric::LeadTime | Metric::DeployTime | Metric::Incidents => nice(most),
    };
    let color = match metric {
        Metric::LeadTime => "#2f6690",
        Metric::DeployTime => "#5a4a8c",
        Metric::Incidents => "#b3412e",
        Metric::Smoothness => "#2e7d4f",
        Metric::Actions => "#8a5a14",
    };
    json!({
        "width": WIDTH, "height": HEIGHT, "legend_show": false,
        "title_text": title, "title_align": "left", "title_font_size": 17, "title_font_color": INK,
        "margin": {"left": 12, "top": 10, "right": 24, "bottom": 8},
        "x_axis_data": labels, "x_axis_font_size": 13, "x_axis_font_color": INK, "x_axis_stroke_color": LINES, "x_axis_label_overflow": "rotate",
        "grid_stroke_color": LINES,
        "y_axis_configs": [{"axis_min": 0, "axis_max": top, "axis_font_size": 13, "axis_font_color": INK, "axis_split_number": 4}],
        "series_label_font_size": 13, "series_label_font_color": INK, "series_stroke_width": 3, "series_colors": [color],
        "series_label_hide_overlap": true,
        "series_list": [{"name": metric.label(), "label_show": true, "data": data}]
    })
}

/// The end of a scale that is easily read: a multiple of four where that is near.
fn nice(most: f64) -> f64 {
    if most <= 0.0 {
        return 4.0;
    }
    let steps = [1.0, 2.0, 4.0, 8.0, 10.0];
    let mut unit = 10f64.powf(most.log10().floor());
    loop {
        if let Some(step) = steps.iter().map(|s| s * unit).find(|s| *s >= most * 1.05) {
            return step.max(0.4);
        }
        unit *= 10.0;
    }
}

/// The font of the picture has no other scripts, and a long name would push the others out.
fn printable(version: &str) -> String {
    let plain: String = version.chars().map(|c| if (' '..='ÿ').contains(&c) { c } else { '?' }).collect();
    lookback_core::text::cut(&plain, 14).replace('…', "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lookback_core::retro::release::Span;
    use lookback_core::retro::release::trend::{Actions, Point};

    fn trend(n: usize) -> Trend {
        let point = |i: usize| Point {
            version: format!("v2.{i}.0"),
            lead_time: Span::read(&format!("{} days", 3 + i % 4)).ok(),
            deploy_time: Span::read(&format!("{} min", 100 + 35 * i)).ok().filter(|_| i != 1),
            incidents: Some((i % 3) as u64),
            smoothness: Some(7.5 + 0.2 * i as f64),
            actions: Some(Actions { done: 3, due: 5, all: 5 }),
            ..Point::default()
        };
        Trend((0..n).rev().map(point).collect())
    }

    #[test]
    fn a_picture_is_made_of_what_there_is() {
        assert!(png(&trend(1)).unwrap().is_none());
        let png = png(&trend(12)).unwrap().unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{}", png.len());
        let day = |day: i64| chrono::DateTime::from_timestamp(day * 86_400, 0);
        let odd = Trend(vec![
            Point { version: "発売".into(), incidents: Some(0), deployed: day(2), ..Point::default() },
            Point {
                version: "a-very-long-name-of-a-release".into(),
                incidents: Some(0),
                deployed: day(1),
                ..Point::default()
            },
        ]);
        assert!(super::png(&odd).unwrap().is_some());
    }

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0.0, 0.3, 1.0, 3.0, 5.0, 9.9, 37.0, 120.0].map(nice), [4.0, 0.4, 2.0, 4.0, 8.0, 20.0, 40.0, 200.0]);
    }
}
