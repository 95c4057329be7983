//! A newcomer in a browser: watch the robot, take the needle, hit the vein by keyboard, rewind, see the score.
//!
//! Needs Chromium on the machine; says so and ends where there is none. Pictures go to the target folder's `tmp`.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use common::browser::Browser;
use common::serve;
use proband_core::ops;
use serde_json::{Value, json};

async fn speed(browser: &mut Browser, factor: &str) {
    let script =
        format!("(() => {{ const s = document.getElementById('speed'); s.value = '{factor}'; s.dispatchEvent(new Event('change')); }})()");
    browser.evaluate(&script).await;
}

/// Nodes that a person can act on and a screen reader cannot name.
async fn nameless(browser: &mut Browser) -> Vec<Value> {
    let tree = browser.call("Accessibility.getFullAXTree", &json!({})).await;
    let acting = ["button", "link", "slider", "radio", "combobox", "checkbox", "img", "dialog"];
    let nodes = tree["nodes"].as_array().unwrap().iter();
    let bad = nodes.filter(|node| {
        let role = node["role"]["value"].as_str().unwrap_or("");
        node["ignored"] == false && acting.contains(&role) && node["name"]["value"].as_str().unwrap_or("").is_empty()
    });
    bad.cloned().collect()
}

/// Sample an adult, open her, let the robot try on several, and find those who failed on the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_patient_is_chosen() {
    let served = serve(None).await;
    let Some(mut browser) = Browser::open(&format!("http://{}/", served.address)).await else {
        eprintln!("SKIPPED: there is no Chromium on this machine");
        return;
    };
    browser.wait("window.studio?.inspect().frames > 2", 60).await;
    browser.press("Escape").await;
    browser.evaluate("document.getElementById('choose').click()").await;
    browser.wait("document.querySelectorAll('#patients-list tr').length === 1", 10).await;
    browser.evaluate("document.getElementById('sample').click()").await;
    browser.wait("document.querySelectorAll('#patients-list tr').length === 2", 20).await;
    browser.evaluate("document.querySelector('#patients-list tr:last-child button:last-child').click()").await;
    browser.wait("document.querySelectorAll('#patient-detail tbody tr').length > 20", 10).await;
    browser.evaluate("document.getElementById('cohort-count').value = '3'; document.getElementById('cohort').click()").await;
    browser.wait("document.querySelector('#jobs li')?.innerText.includes('first stick in')", 120).await;
    assert_eq!(nameless(&mut browser).await, Vec::<Value>::new(), "without a name for a screen reader");
    browser.screenshot("studio-patients.png").await;
    let before = browser.evaluate("document.getElementById('who').innerText").await;
    browser.evaluate("document.querySelector('#patients-list tr:nth-child(2) button').click()").await;
    browser.wait(&format!("document.getElementById('who').innerText !== {before}"), 60).await;
    browser.wait("document.querySelectorAll('#takes tr').length === 1 && !document.getElementById('patients').open", 20).await;
    speed(&mut browser, "20").await;
    browser.press(" ").await;
    browser.wait("studio.inspect().tick > 3000", 30).await;
    browser.press(" ").await;
    browser.wait("studio.inspect().paused", 10).await;
    // The line of time goes back by hand.
    browser
        .evaluate("(() => { const t = document.getElementById('timeline'); t.value = '1000'; t.dispatchEvent(new Event('change')); })()")
        .await;
    browser.wait("studio.inspect().tick === 1000", 20).await;
    browser.screenshot("studio-other-patient.png").await;
    assert_eq!(browser.errors, Vec::<String>::new());
}

/// Put on a headset that is emulated: see the room, aim and drive the needle with a controller, take it off again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_headset_is_worn() {
    let emulator = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../studio/node_modules/iwer/build/iwer.min.js");
    let Ok(emulator) = std::fs::read_to_string(emulator) else {
        eprintln!("SKIPPED: the emulated headset is not here (npm ci in studio/)");
        return;
    };
    let install = "window.xrDevice = new IWER.XRDevice(IWER.metaQuest3); xrDevice.installRuntime({ forceInstall: true }); xrDevice.stereoEnabled = true;";
    let served = serve(None).await;
    let Some(mut browser) = Browser::open_with(&format!("http://{}/", served.address), &format!("{emulator};{install}")).await else {
        eprintln!("SKIPPED: there is no Chromium on this machine");
        return;
    };
    browser.wait("window.studio?.inspect().frames > 2", 60).await;
    browser.press("Escape").await;
    browser.wait("!document.getElementById('headset').hidden", 10).await;
    // The wearer stands at the hand and looks down at the arm; the right hand points at the elbow, 25° down.
    browser.evaluate("xrDevice.position.set(0, 1.35, -0.05); xrDevice.quaternion.set(-0.38, 0, 0, 0.925)").await;
    let turn = (-12.5_f64).to_radians();
    let hand = format!(
        "xrDevice.controllers.right.position.set(0.005, 1.05, -0.2); xrDevice.controllers.right.quaternion.set({}, 0, 0, {})",
        ops::sin(turn),
        ops::cos(turn)
    );
    browser.evaluate(&hand).await;
    browser.evaluate("document.getElementById('headset').click()").await;
    browser.wait("studio.inspect().immersed", 20).await;
    let seen = browser.evaluate("studio.inspect().frames").await.as_f64().unwrap();
    browser.wait(&format!("studio.inspect().frames > {}", seen + 5.0), 60).await;
    let press = |button: &str, value: f64| format!("xrDevice.controllers.right.updateButtonValue('{button}', {value})");
    // An order acts in the next tick: the clock runs first.
    browser.evaluate(&press("b-button", 1.0)).await;
    browser.wait("studio.inspect().tick > 100", 30).await;
    browser.evaluate(&press("b-button", 0.0)).await;
    browser.evaluate(&press("a-button", 1.0)).await;
    browser.wait("studio.inspect().person", 20).await;
    browser.evaluate(&press("a-button", 0.0)).await;
    browser.evaluate(&press("squeeze", 1.0)).await;
    browser.wait("studio.inspect().controls.needle", 20).await;
    let needle = browser.evaluate("studio.inspect().controls.needle").await;
    let number = |place: &str, i: usize| needle[place][i].as_f64().unwrap();
    assert!(
        (number("direction", 1) - ops::sin(25_f64.to_radians())).abs() < 1e-3 && (number("entry_m", 0) - 0.005).abs() < 1e-3,
        "{needle}"
    );
    browser.screenshot("studio-headset.png").await;
    browser.evaluate(&press("squeeze", 0.0)).await;
    browser.evaluate(&press("trigger", 1.0)).await;
    browser.wait("studio.inspect().controls.driver_velocity_m_s > 0.004", 20).await;
    browser.evaluate(&press("trigger", 0.0)).await;
    browser.wait("studio.inspect().controls.driver_velocity_m_s === 0", 20).await;
    browser.evaluate(&press("b-button", 1.0)).await;
    browser.wait("studio.inspect().paused", 30).await;
    browser.evaluate("xrDevice.activeSession.end()").await;
    browser.wait("!studio.inspect().immersed", 20).await;
    let seen = browser.evaluate("studio.inspect().tick").await.as_f64().unwrap();
    browser.press(" ").await;
    browser.wait(&format!("studio.inspect().tick > {}", seen + 200.0), 30).await;
    assert_eq!(browser.errors, Vec::<String>::new());
}

/// Draw blood by keyboard alone beside the robot's own draw, rewind, and find both takes scored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_draws_blood_by_keyboard() {
    let served = serve(None).await;
    let Some(mut browser) = Browser::open(&format!("http://{}/", served.address)).await else {
        eprintln!("SKIPPED: there is no Chromium on this machine");
        return;
    };
    browser.wait("window.studio?.inspect().frames > 2", 60).await;
    assert_eq!(browser.evaluate("studio.inspect().webgl").await, json!(true), "no WebGL");
    browser.screenshot("studio-tour.png").await;
    browser.press("Escape").await;
    browser.wait("document.activeElement.id === 'stage'", 5).await;
    assert_eq!(nameless(&mut browser).await, Vec::<Value>::new(), "without a name for a screen reader");

    speed(&mut browser, "20").await;
    browser.press(" ").await;
    // Nine seconds of ultrasound: long enough to be seen at any speed, then slowly, so as not to miss the moment.
    browser.wait("studio.inspect().phase === 'scan_ultrasound'", 60).await;
    speed(&mut browser, "2").await;
    browser.wait("studio.inspect().phase === 'align'", 60).await;
    speed(&mut browser, "1").await;
    browser.press("t").await;
    browser.wait("studio.inspect().person", 10).await;
    browser.screenshot("studio-align.png").await;
    // Needle and probe come into line.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let before = browser.evaluate("studio.inspect().tick").await.as_f64().unwrap();
    browser.key("keyDown", "w").await;
    browser.wait("studio.inspect().blood", 30).await;
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    browser.key("keyUp", "w").await;
    browser.screenshot("studio-insert.png").await;
    browser.press("b").await;
    browser.wait("studio.inspect().signals[6] > 3.7e-6", 60).await;
    browser.press("b").await;
    browser.press("c").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    browser.press("x").await;
    browser.wait("studio.inspect().signals[3] < 1e-4", 10).await;
    browser.press("g").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    browser.press("f").await;
    browser.wait("studio.inspect().finished", 10).await;
    browser.wait("document.querySelectorAll('#takes tr').length === 2", 10).await;
    let row = browser.evaluate("document.querySelector('#takes tr:last-child').innerText").await;
    assert!(row.as_str().unwrap().contains("with a person\tyes"), "{row}");
    browser.screenshot("studio-done.png").await;

    // Another try from before the stick: the clock goes back, the robot finishes.
    browser.evaluate(&format!("studio.command({{ rewind: {{ tick: {} }} }})", before as u64)).await;
    browser.wait("!studio.inspect().finished && studio.inspect().paused", 10).await;
    assert!(browser.evaluate("studio.inspect().person").await == json!(true));
    browser.press("r").await;
    speed(&mut browser, "20").await;
    browser.press(" ").await;
    browser.wait("studio.inspect().finished", 60).await;
    browser.wait("document.querySelectorAll('#takes tr').length === 3", 10).await;
    assert_eq!(nameless(&mut browser).await, Vec::<Value>::new());
    let state = browser.evaluate("studio.inspect()").await;
    println!("script per picture, 95 %: {} ms; order to answer, 95 %: {} ms of {}", state["scriptMs95"], state["tripMs95"], state["trips"]);
    assert_eq!(browser.errors, Vec::<String>::new());
}
