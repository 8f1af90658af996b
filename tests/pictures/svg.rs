//! A terminal's screen as SVG: one text element for each run of cells that look the same.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// A cell's size, in the picture's units.
const CELL: (f64, f64) = (8.43, 16.3);
/// From a row's top to its base line.
const BASE: f64 = 12.9;
/// Space around the screen.
const EDGE: f64 = 10.0;

/// How a cell looks.
#[derive(Clone, PartialEq)]
struct Ink {
    fore: String,
    ground: Option<String>,
    bold: bool,
    underline: bool,
    dim: bool,
}

/// The sixteen colours, as xterm has them.
const SIXTEEN: [&str; 16] = [
    "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
    "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
];

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index) => SIXTEEN.get(usize::from(index)).map(|c| (*c).to_owned()),
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
    }
}

fn ink(cell: &Cell, dark: bool) -> Ink {
    let (own, paper) = if dark {
        ("#d5d8de", "#121419")
    } else {
        ("#24292f", "#ffffff")
    };
    let fore = colour(cell.fgcolor()).unwrap_or_else(|| own.to_owned());
    let ground = colour(cell.bgcolor());
    let (fore, ground) = if cell.inverse() {
        (ground.unwrap_or_else(|| paper.to_owned()), Some(fore))
    } else {
        (fore, ground)
    };
    Ink {
        fore,
        ground,
        bold: cell.bold(),
        underline: cell.underline(),
        dim: cell.dim(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Draws a screen on a dark or a light ground.
pub fn draw(screen: &Screen, dark: bool) -> String {
    let (rows, columns) = size(screen);
    let width = f64::from(columns) * CELL.0 + 2.0 * EDGE;
    let height = f64::from(rows) * CELL.1 + 2.0 * EDGE;
    let paper = if dark { "#121419" } else { "#ffffff" };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{paper}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            column = run(screen, row, column, dark, &mut svg);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn size(screen: &Screen) -> (u16, u16) {
    let (rows, columns) = screen.size();
    (rows.into(), columns.into())
}

/// Draws the cells from a column on that look the same; says where the next ones begin.
fn run(screen: &Screen, row: u16, from: u16, dark: bool, svg: &mut String) -> u16 {
    let columns = size(screen).1;
    let look = |column| screen.cell(row, column).map(|cell| ink(cell, dark));
    let Some(first) = look(from) else {
        return columns;
    };
    let mut text = String::new();
    let mut end = from;
    while end < columns && look(end).as_ref() == Some(&first) {
        let Some(cell) = screen.cell(row, end) else {
            break;
        };
        match cell.contents() {
            _ if cell.is_wide_continuation() => {}
            "" => text.push(' '),
            contents => text.push_str(contents),
        }
        end += 1;
    }
    let x = EDGE + f64::from(from) * CELL.0;
    let y = EDGE + f64::from(row) * CELL.1;
    let wide = f64::from(end - from) * CELL.0;
    if let Some(ground) = &first.ground {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{}\" fill=\"{ground}\"/>",
            CELL.1
        );
    }
    if !text.trim().is_empty() {
        let mut style = String::new();
        if first.bold {
            style.push_str(" font-weight=\"bold\"");
        }
        if first.underline {
            style.push_str(" text-decoration=\"underline\"");
        }
        if first.dim {
            style.push_str(" opacity=\"0.6\"");
        }
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" fill=\"{}\"{style} \
             xml:space=\"preserve\">{}</text>",
            y + BASE,
            first.fore,
            escaped(&text)
        );
    }
    end
}
