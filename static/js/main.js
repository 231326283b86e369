// One bundle for every page: each behaviour looks for its own data-* hooks and does nothing without them.
import "./stepper.js";
import "./adder.js";
import "./countdown.js";
import "./copy.js";
import "./share.js";
import "./page_swap.js"; // before keep_focus.js: it knows where the focus of a new page belongs
import "./keep_focus.js";
import "./kept_typing.js";
import "./language_switch.js";
import "./map_pan.js";
import "./payment_wait.js";
import "./print.js";
import "./seatmap.js";
import "./show_password.js";
import "./seat_list.js";
import "./escape.js";
import "./running_sum.js";
import "./extension.js";
import "./door.js";
import "./door_sounds.js";
