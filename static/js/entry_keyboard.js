// The bundle of the kiosk's pages with a keyboard on the screen.
import "./kiosk_keyboard.js";
