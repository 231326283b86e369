// The bundle of the pages of a kiosk, beside that of every page.
import "./kiosk_agent.js";
import "./kiosk_attract.js";
import "./kiosk_focus_in_sight.js";
import "./kiosk_gestures.js";
import "./kiosk_heartbeat.js";
import "./kiosk_idle.js";
import "./kiosk_keypad.js";
import "./kiosk_listen.js";
import "./kiosk_modes.js";
import "./kiosk_navigation.js";
import "./kiosk_online.js";
import "./kiosk_pairing.js";
import "./kiosk_print.js";
import "./kiosk_spoken_focus.js";
import "./kiosk_spoken_news.js";
import "./kiosk_spoken_page.js";
import "./kiosk_storage.js";
